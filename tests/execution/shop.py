"""A shop whose rows come late: chats, orders found by chat, refunds, marks, a calendar, teams."""

from typing import Any

import polars as pl

from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.plan.nodes import Plan
from kpi_engine.ruleset.loading import load_ruleset_text
from kpi_engine.text.render import render_text

SHOP = """\
ruleset: test/shop
zone: Asia/Shanghai
currency: CNY
subject: {from: agents, key: [shop_id, agent_id]}
params:
  limit: {of: day, else: 60, from 2026-10-16: 30}
tables:
  agents:
    key: [shop_id, agent_id]
    valid: [since, until]
    columns:
      shop_id: text
      agent_id: text
      team_id: text
      since: date
      until: optional date
      wage: money
  teams:
    key: team_id
    columns: {team_id: text, bonus: money = 10 CNY}
  marks:
    key: [shop_id, agent_id, period]
    long: {name: item, value: points}
    columns: {shop_id: text, agent_id: text, period: month, item: text, points: int}
  calendar:
    key: [shop_id, day]
    columns: {shop_id: text, day: date, closed: bool = false}
  chats:
    key: chat_id
    dated: at
    columns:
      chat_id: text
      shop_id: text
      agent_id: optional text
      buyer_id: text
      at: datetime
      recorded_at: optional datetime
      wait: optional int
    drop: {test: buyer_id == 'test', closed: calendar.closed}
  orders:
    key: order_id
    dated: paid_on
    columns: {order_id: text, shop_id: text, buyer_id: text, paid_on: optional date, amount: money}
  sold:
    from: orders
    match: {chat: {to: chats, same: [shop_id, buyer_id], take: every}}
    add: {agent_id: chat.agent_id, team: agents.team_id}
    drop: {small: amount < 1 CNY}
  days:
    from: chats
    per: [shop_id, agent_id, day]
    add: {asked: count()}
metrics:
  received: {from: chats, value: count()}
  in_time: {from: chats, where: wait is known, value: share(wait <= limit), settles: 2 days}
  sales: {from: sold, value: sum(amount), settles: 4 days}
  recent: {from: chats, value: count(), window: 40 days}
  busy_days: {from: days, value: count(asked > 1)}
  per_chat: sales / received
score:
  empty: skip
  items:
    speed: {points: 100 * in_time, weight: 60}
    knowledge: {points: marks.knowledge, weight: 40}
  then:
    limit: score if received < limit else score
pay:
  lines:
    wage: wage
    bonus: {of: score, from 50: teams.bonus, else: 0 CNY}
"""


def shop(*changes: tuple[str, str]) -> Plan:
    """Return the plan of the shop, texts of its ruleset replaced by others."""
    text = SHOP
    for old, new in changes:
        assert text.count(old) == 1, (old, text.count(old))
        text = text.replace(old, new)
    ruleset, findings = load_ruleset_text(text)
    assert ruleset is not None, render_text(findings)
    return compile_ruleset(ruleset)


def frame(header: str, *rows: str) -> pl.DataFrame:
    """Return a frame of texts drawn with `|`; what is empty is missing."""
    names = [name.strip() for name in header.split("|")]
    cells = [[cell.strip() or None for cell in row.split("|")] for row in rows]
    return pl.DataFrame(cells, schema=dict.fromkeys(names, pl.String), orient="row")


AGENTS = "shop_id | agent_id | team_id | since | until | wage"
CHATS = "chat_id | shop_id | agent_id | buyer_id | at | recorded_at | wait"
ORDERS = "order_id | shop_id | buyer_id | paid_on | amount"
MARKS = "shop_id | agent_id | period | item | points"


def tables(**changes: pl.DataFrame) -> dict[str, Any]:
    """Return the tables of October with trouble of every sort, some of them changed."""
    given = {
        "agents": frame(
            AGENTS,
            "S1 | a1 | t1 | 2025-01-01 | 2026-10-11 | 1000.00",
            "S1 | a1 | t2 | 2026-10-11 |            | 2000.00",
            "S1 | a2 | t9 | 2025-01-01 |            | 1500.00",
        ),
        "teams": frame("team_id | bonus", "t1 | 20.00", "t2 | 30.00"),
        "marks": frame(
            MARKS,
            "S1 | a1 | 2026-10 | knowledge | 80",
            "S1 | a1 | 2026-09 | knowledge | 10",
            "S1 | a1 | 2026-10 | manners   | 20",
            "S1 | a2 | 2026-10 | knowledge | 90",
        ),
        "calendar": frame("shop_id | day | closed", "S1 | 2026-10-04 | true"),
        "chats": frame(
            CHATS,
            "c1 | S1 | a1 | b1   | 2026-10-01 09:00 | 2026-10-01 09:01 | 50",
            "c2 | S1 | a1 | b2   | 2026-10-20 09:00 |                  | 50",
            "c3 | S1 | a1 | test | 2026-10-20 09:00 |                  | 5",
            "c4 | S1 | a1 | b3   | 2026-10-04 09:00 |                  | 5",
            "c5 | S1 | a2 | b1   | 2026-10-31 23:59 | 2026-11-03 08:00 |",
            "c6 | S1 | a2 | b1   | 2026-10-31 23:59 | 2026-11-06 00:00 | 9",
            "c7 | S1 |    | b4   | 2026-10-05 09:00 |                  | 9",
            "c8 | S1 | a9 | b4   | 2026-10-05 09:00 |                  | 9",
            "c9 | S1 | a1 | b5   | 2026-09-25 09:00 |                  | 9",
            "d1 | S1 | a1 | b5   | 2026-11-07 09:00 |                  | 9",
            "d2 | S1 | a1 | b5   | 2026-10-07 09:00 |                  | soon",
            "d3 | S1 | a1 | b5   | 2026-10-07 09:00 | 2026-11-30 09:00 | soon",
        ),
        "orders": frame(
            ORDERS,
            "o1 | S1 | b1 | 2026-10-02 | 100.00",
            "o2 | S1 | b2 | 2026-11-01 | 50.00",
            "o3 | S1 | b9 | 2026-10-02 | 70.00",
            "o4 | S1 | b2 | 2026-10-21 | 0.50",
            "o5 | S1 | b2 |            | 9.00",
            "o6 | S1 | b1 | 2026-11-05 | 9.00",
        ),
    }
    return {**given, **changes}
