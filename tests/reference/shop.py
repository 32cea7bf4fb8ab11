"""A shop that answers and sells by chat: rounds, conversations, and whose an order is."""

from fractions import Fraction

from tests.reference.cases import at, load

from kpi_engine.reference.judging import Judgement, judge
from kpi_engine.reference.values import Row, Value
from kpi_engine.ruleset.checked import Ruleset

SHOP = """
ruleset: shop
zone: Asia/Shanghai
currency: CNY
subject: {from: agents, key: [shop_id, agent_id]}

params:
  reply_limit: 180 s
  silence_ends_chat: 10 min
  credit_window: 2 days

tables:
  agents:
    key: [shop_id, agent_id]
    columns: {shop_id: text, agent_id: text}
  calendar:
    key: [shop_id, day]
    columns: {shop_id: text, day: date, excluded: bool = false}
  messages:
    key: message_id
    dated: sent_at
    columns:
      message_id: text
      shop_id: text
      buyer_id: text
      agent_id: optional text
      sent_at: datetime
      sender: buyer | agent | bot_auto | system
      is_filtered: bool = false
    add:
      replies: sender == 'agent'
      asked: sent_at if sender == 'buyer' else unknown
      replied: sent_at if replies else unknown
    drop: {filtered: is_filtered}
  orders:
    key: order_id
    dated: paid_at
    columns:
      order_id: text
      shop_id: text
      buyer_id: text
      created_at: datetime
      paid_at: optional datetime
      paid_amount: optional money
      is_fake: bool = false
      owner_agent_id: optional text
    drop: {brushing: is_fake}

  rounds:
    from: messages
    where: sender == 'buyer' or replies
    per: [shop_id, buyer_id, agent_id, day]
    in_order: [sent_at, message_id]
    starts_when: sender == 'buyer' and before.sender != 'buyer'
    dated: asked_at
    add:
      asked_at: min(asked)
      wait: min(replied) - asked_at
      in_time: default(wait <= reply_limit, false)
    drop: {no_question: asked_at is unknown, exempt_day: calendar.excluded}
  conversations:
    from: messages
    per: [shop_id, buyer_id, agent_id]
    in_order: [sent_at, message_id]
    starts_when: sent_at - before.sent_at >= silence_ends_chat
    dated: start_at
    add:
      start_at: min(sent_at)
      end_at: max(sent_at)
      replied_to: count(replies) > 0
  credited_orders:
    from: orders
    where: paid_at is known
    match:
      chat:
        to: conversations
        same: [shop_id, buyer_id]
        where: chat.agent_id is known and chat.replied_to and chat.start_at <= created_at < chat.end_at + credit_window
        prefer: [highest created_at < chat.end_at, highest chat.end_at, lowest chat.agent_id]
    add:
      agent_id: default(owner_agent_id, chat.agent_id)
  assists:
    from: credited_orders
    match:
      helper:
        to: conversations
        same: [shop_id, buyer_id]
        take: every
        where: created_at - credit_window <= helper.end_at and helper.start_at < paid_at and helper.agent_id != agent_id
    add:
      helper_id: helper.agent_id
      before_order: helper.start_at < created_at

metrics:
  answered: {from: rounds, value: count(in_time)}
  asked: {from: rounds, value: count()}
  in_time: {from: rounds, value: share(in_time)}
  sales: {from: credited_orders, value: sum(paid_amount)}
  orders: {from: credited_orders, value: count()}
  helped: {from: assists, whose: helper_id, where: before_order, value: distinct(order_id)}
  followed: {from: assists, whose: helper_id, where: not before_order, value: distinct(order_id)}
"""


def shop() -> Ruleset:
    """Return the rules of the shop."""
    return load(SHOP)


def agent(agent_id: str = "a1") -> Row:
    """Return one row of the roster of the shop ``s``."""
    return {"shop_id": "s", "agent_id": agent_id}


def message(
    clock: str, sender: str = "buyer", agent_id: str | None = "a1", **columns: Value
) -> Row:
    """Return a message of the buyer ``b`` at a time of 5 October 2026, or of another day."""
    when = clock if " " in clock else f"2026-10-05 {clock}"
    plain: dict[str, Value] = {"shop_id": "s", "buyer_id": "b", "is_filtered": False}
    key = f"{when} {sender} {agent_id}"
    row = {"message_id": key, "agent_id": agent_id, "sent_at": at(when), "sender": sender}
    return {**plain, **row, **columns}


def order(created: str, paid: str | None = None, **columns: Value) -> Row:
    """Return an order of the buyer ``b``, by default paid for when it was made."""
    created = created if " " in created else f"2026-10-05 {created}"
    row: dict[str, Value] = {
        "order_id": "o",
        "shop_id": "s",
        "buyer_id": "b",
        "created_at": at(created),
        "paid_at": at(paid or created),
        "paid_amount": Fraction(1000),
        "is_fake": False,
        "owner_agent_id": None,
    }
    return {**row, **columns}


def judged_shop(
    messages: list[Row],
    orders: tuple[Row, ...] = (),
    agents: tuple[str, ...] = ("a1",),
    calendar: tuple[Row, ...] = (),
) -> Judgement:
    """Return the judgement of October 2026."""
    tables = {
        "agents": [agent(agent_id) for agent_id in agents],
        "messages": messages,
        "orders": orders,
        "calendar": calendar,
    }
    return judge(shop(), tables, "2026-10")
