"""A dense shop: few buyers and agents, many ties, rows by the seed of a random number."""

import random
from datetime import date

from tests.plan.cases import EPOCH

HEAD = """
ruleset: case
zone: {zone}
day_starts: '{day_starts}'
currency: CNY
subject: {{from: agents, key: [shop_id, agent_id]}}
params:
  reply_limit: {{of: day, from 2026-10-01: 2 min, from 2026-10-10: 3 min, else: 1 min}}
  goal: {{of: day, from 2026-10-01: 40%, else: 20%}}
  window: 2 days
tables:
  agents:
    key: [shop_id, agent_id]
    valid: [valid_from, valid_to]
    columns:
      shop_id: text
      agent_id: text
      valid_from: date
      valid_to: optional date
      team: optional text
      lead_id: optional text
      regular: bool = true
  calendar:
    key: [shop_id, day]
    columns: {{shop_id: text, day: date, excluded: bool = false, weight: number = 1.5}}
  messages:
    key: message_id
    dated: sent_at
    columns:
      message_id: int
      shop_id: text
      buyer_id: text
      agent_id: optional text
      sent_at: datetime
      sender: buyer | agent | bot
      is_filtered: bool = false
    add:
      replies: sender == 'agent'
      asked: sent_at if sender == 'buyer' else unknown
      replied: sent_at if replies else unknown
      team: agents.team
    drop: {{filtered: is_filtered}}
  orders:
    key: order_id
    dated: paid_at
    columns:
      order_id: text
      shop_id: text
      buyer_id: optional text
      created_at: datetime
      paid_at: optional datetime
      amount: optional money
      is_fake: bool = false
      owner: optional text
    drop: {{brushing: is_fake}}
  refunds:
    key: refund_id
    dated: done_at
    columns:
      refund_id: int
      order_id: text
      done_at: optional datetime
      amount: money
      ok: optional bool
  marks:
    long: {{name: item, value: score}}
    key: [shop_id, agent_id, period]
    columns: {{shop_id: text, agent_id: text, period: month, item: text, score: number}}
  teams: {{key: team, columns: {{team: text, factor: number = 2}}}}
"""

TABLES = """
  chat_days:
    from: messages
    per: [shop_id, buyer_id, agent_id, day]
    add:
      asked_at: min(asked)
      answered: default(max(replied) >= min(asked), false)
      bot_only: count(sender == 'bot') > 0 and count(replies) == 0
      busy: count(sender == 'bot' and not calendar.excluded)
      weighed: calendar.weight * count()
    drop: {no_question: asked_at is unknown, exempt_day: calendar.excluded}
  rounds:
    from: messages
    where: (sender == 'buyer' or replies) and not default(chat_days.bot_only, false)
    per: [shop_id, buyer_id, agent_id, day]
    in_order: [sent_at]
    starts_when: sender == 'buyer' and before.sender != 'buyer'
    dated: asked_at
    add:
      asked_at: min(asked)
      replied_at: min(replied)
      wait: replied_at - asked_at
      limit: reply_limit
      in_time: default(wait <= reply_limit, false)
      soon: count(default(replied <= sent_at + reply_limit, false))
      place: run * 2
    drop: {no_question: asked_at is unknown, exempt_day: calendar.excluded}
  talks:
    from: messages
    per: [shop_id, buyer_id, agent_id]
    in_order: [sent_at]
    starts_when: sent_at - before.sent_at >= 6 h
    dated: start_at
    add:
      start_at: min(sent_at)
      end_at: max(sent_at)
      from_buyer: count(sender == 'buyer') > 0
      replied_to: count(replies) > 0
  visits:
    from: talks
    where: from_buyer
    per: [shop_id, agent_id, buyer_id, day]
    dated: asked_at
    add: {asked_at: min(start_at)}
  order_refunds:
    from: refunds
    where: ok
    per: [order_id]
    add: {back: sum(amount)}
  credited:
    from: orders
    where: paid_at is known
    match:
      chat:
        to: talks
        same: [shop_id, buyer_id]
        where: >-
          chat.agent_id is known and chat.replied_to
          and chat.start_at <= created_at < chat.end_at + window
        prefer: [highest created_at < chat.end_at, highest chat.end_at, lowest chat.agent_id]
    add:
      agent_id: default(owner, chat.agent_id)
      silent: agent_id is unknown
      refunded: default(order_refunds.back, 0 CNY)
      team: agents.team
      factor: teams.factor
      weight: calendar.weight
    drop: {too_much: refunded > amount}
  inquiries:
    from: visits
    match:
      bought:
        to: orders
        same: [shop_id, buyer_id]
        where: asked_at <= bought.created_at < asked_at + window
        prefer: [highest bought.paid_at is known, lowest bought.created_at]
      earlier:
        to: orders
        same: [shop_id, buyer_id]
        where: earlier.paid_at is known and asked_at - 3 days <= earlier.created_at < asked_at
        prefer: [highest earlier.created_at, lowest earlier.amount]
    add:
      order_id: bought.order_id
      owner: credited.agent_id
      paid: default(bought.paid_at < asked_at + 4 days and owner == agent_id, false)
      regular: agents.regular
    drop:
      elses: default(owner != agent_id, false)
      after: earlier.order_id is known and bought.order_id is unknown
  assists:
    from: credited
    match:
      helper:
        to: talks
        same: [shop_id, buyer_id]
        take: every
        where: >-
          created_at - window <= helper.end_at and helper.start_at < paid_at
          and helper.agent_id != agent_id
    add:
      helper_id: helper.agent_id
      kind: "'order' if helper.start_at < created_at else 'later'"
  redated:
    from: credited
    dated: created_at
    where: calendar.excluded or day >= 2026-10-02
    add: {excluded: calendar.excluded, weighed: calendar.weight}
  seen:
    from: orders
    dated: seen_at
    add:
      seen_at: default(paid_at, created_at)
      weight: calendar.weight
      agent_id: default(owner, 'a1')
      team: agents.team
  buyer_days:
    from: assists
    per: [buyer_id, day]
    add: {times: count(), best: max(amount)}
"""

METRICS = """
metrics:
  received: {from: visits, value: distinct(buyer_id)}
  in_time: {from: rounds, value: share(in_time), min_rows: 2}
  waits: {from: rounds, where: agents.regular or not calendar.excluded, value: mean(wait)}
  weighed: {from: rounds, value: sum(calendar.weight)}
  bare: {from: visits, value: sum(calendar.weight)}
  middle: {from: visits, value: median(calendar.weight)}
  answered: {from: chat_days, value: share(answered), window: 20 days}
  days: {from: chat_days, value: count(), window: 40 days}
  paid: {from: inquiries, value: share(paid), settles: 4 days}
  sales: {from: credited, value: sum(amount)}
  weighty: {from: credited, where: factor > 1, value: sum(amount * factor)}
  refunds: {from: credited, value: sum(refunded) / sum(amount), better: lower}
  assisted: {from: assists, whose: helper_id, where: kind == 'order', value: distinct(buyer_id)}
  followed: {from: assists, whose: helper_id, where: kind == 'later', value: count()}
  led: {from: credited, whose: agents.lead_id, value: count()}
  created: {from: seen, whose: owner, value: count(), dated: created_at}
  goals: {from: credited, where: team is known, value: count(team == 'red') / goal}
  redated: {from: redated, whose: agent_id, value: sum(weighed)}
  seen: {from: seen, whose: owner, value: sum(weight)}
  exam: {value: "default(marks.exam, 0) + default(marks.talk, 0) * 2"}
  exam_goal: {value: exam * goal}
  factor: {value: teams.factor}
  last_day: {value: calendar.weight}
score:
  empty: skip
  items:
    exam: {weight: 33, points: "at_most(marks.exam, 100)"}
    goal: {weight: 67, points: 100 * goal}
pay:
  lines:
    wage: "100 CNY * default(teams.factor, 0)"
    bonus: "default(sales, 0 CNY) * goal"
"""

HOUR = 3600 * 10**6
DAY = 24 * HOUR
SHOPS, BUYERS, AGENTS = ("s1", "s2"), ("b1", "b2", "b3"), ("a1", "a2", "a3")
FIRST_DAY = (date(2026, 9, 25) - EPOCH).days
MONTH = 2026 * 12 + 9


class Dice:
    """Random choices, some of them unknown."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def one(self, values, chance=1.0):
        return self.random.choice(list(values)) if self.chance(chance) else None

    def chance(self, chance):
        return self.random.random() < chance

    def time(self, step=HOUR):
        return (FIRST_DAY + 2) * DAY + self.random.randrange(0, 24 * DAY, step)


def shop_rows(seed, count):
    """Rows for every input, in no order."""
    dice = Dice(seed)
    rows = {
        "agents": list(_agents(dice)),
        "calendar": [
            {"shop_id": shop, "day": FIRST_DAY + day, "excluded": dice.chance(0.4)}
            | {"weight": dice.one(range(4)) * 250_000}
            for shop in SHOPS
            for day in range(40)
            if dice.chance(0.6)
        ],
        "messages": [_message(dice, number) for number in range(count)],
        "orders": [_order(dice, number) for number in range(count // 3)],
        "refunds": [_refund(dice, number, count // 3 + 2) for number in range(count // 6)],
        "marks": [
            {"shop_id": shop, "agent_id": agent, "period": month, "item": item}
            | {"score": dice.one(range(200)) * 500_000}
            for shop in SHOPS
            for agent in AGENTS
            for month in (MONTH - 1, MONTH)
            for item in ("exam", "talk", "other")
            if dice.chance(0.6)
        ],
        "teams": [
            {"team": team, "factor": dice.one(range(5)) * 500_000}
            for team in ("red", "blue")
            if dice.chance(0.8)
        ],
    }
    for listed in rows.values():
        dice.random.shuffle(listed)
    return rows


def _agents(dice):
    for shop in SHOPS:
        for agent in AGENTS:
            for day in dice.random.sample(range(20), dice.one(range(4))):
                start = FIRST_DAY + day - 5
                yield {
                    "shop_id": shop,
                    "agent_id": agent,
                    "valid_from": start,
                    "valid_to": dice.one([start, start + 3, start + 9], 0.6),
                    "team": dice.one(["red", "blue"], 0.85),
                    "lead_id": dice.one([*AGENTS, "stranger"], 0.85),
                    "regular": dice.chance(0.6),
                }


def _message(dice, number):
    return {
        "message_id": number,
        "shop_id": dice.one(SHOPS),
        "buyer_id": dice.one(BUYERS),
        "agent_id": dice.one(AGENTS, 0.85),
        "sent_at": dice.time(HOUR // 2),
        "sender": dice.one(["buyer", "buyer", "agent", "agent", "bot"]),
        "is_filtered": dice.chance(0.1),
    }


def _order(dice, number):
    created_at = dice.time()
    return {
        "order_id": f"o{number}",
        "shop_id": dice.one(SHOPS),
        "buyer_id": dice.one(BUYERS, 0.95),
        "created_at": created_at,
        "paid_at": dice.one([created_at, created_at + HOUR, created_at + 3 * DAY], 0.85),
        "amount": dice.one([100, 200, 200, 300], 0.85),
        "is_fake": dice.chance(0.1),
        "owner": dice.one(AGENTS, 0.2),
    }


def _refund(dice, number, orders):
    return {
        "refund_id": number,
        "order_id": f"o{dice.one(range(orders))}",
        "done_at": dice.one([dice.time()], 0.85),
        "amount": dice.one([10, 50, 300]),
        "ok": dice.one([True, True, False], 0.85),
    }
