"""Small fixed chats, orders, rates and days: what a fault in runs, matches or lookups gets wrong."""

from datetime import date
from fractions import Fraction

from tests.properties.comparing import Tables
from tests.properties.pinned import Pinned, instant
from tests.reference.cases import load

from kpi_engine.reference.values import Row

_HEAD = """
ruleset: chats
zone: Asia/Shanghai
currency: CNY
subject: {from: agents, key: agent}
params:
  goal: {of: day, from 2026-10-01: 1, from 2026-10-20: 2, else: 3}
tables:
  agents: {key: agent, columns: {agent: text}}
  rates:
    key: agent
    valid: [since, until]
    columns: {agent: text, since: date, until: optional date, rate: number}
  days:
    key: [agent, day]
    columns: {agent: text, day: date, weight: int = 5, test: bool = false}
    drop: {test: test}
  messages:
    key: id
    dated: at
    columns: {id: int, buyer: optional int, agent: text, at: datetime, asks: bool, size: optional int}
    drop: {empty: size == 0}
  orders:
    key: id
    dated: paid
    columns: {id: int, buyer: optional int, agent: text, made: datetime, paid: datetime}
  chats:
    from: messages
    per: [buyer, agent]
    in_order: [at]
    starts_when: at - before.at >= 2 h
    dated: start
    add: {start: min(at), end: max(at)}
"""

CHAT = """
  owned:
    from: orders
    match:
      chat:
        to: chats
        same: [buyer]
        where: chat.start <= made < chat.end + 2 days
        prefer: [highest chat.end]
    add: {owner: chat.agent}
metrics: {won: {from: owned, whose: owner, value: count()}, made: {from: owned, value: count()}}
"""
"""The chat that ended last owns an order."""

TURNS = """
  turns:
    from: messages
    per: [agent]
    in_order: [at]
    starts_when: asks and not before.asks
    add: {sized: sum(size)}
metrics: {last: {from: turns, value: max(run)}, turns: {from: turns, value: count()}}
"""
"""A question after a reply starts a turn."""


def chats(rest: str, **tables: list[Row]) -> Pinned:
    """Return a ruleset that goes on with ``rest``, with rows and the agents ``a`` and ``b``."""
    named: Tables = {**tables, "agents": [{"agent": "a"}, {"agent": "b"}]}
    return Pinned(load(_HEAD + rest), named)


def message(
    number: int, at: str, agent: str = "a", buyer: int | None = 1, **columns: object
) -> Row:
    """Return a message at a time of 5 October 2026, or of another day."""
    size = columns.get("size")
    return {
        "id": Fraction(number),
        "buyer": None if buyer is None else Fraction(buyer),
        "agent": agent,
        "at": _instant(at),
        "asks": bool(columns.get("asks", True)),
        "size": Fraction(size) if isinstance(size, int) else None,
    }


def order(made: str, buyer: int | None = 1, paid: str | None = None) -> Row:
    """Return an order of the agent ``a``, paid for when it was made if nothing else is said."""
    return {
        "id": Fraction(0),
        "buyer": None if buyer is None else Fraction(buyer),
        "agent": "a",
        "made": _instant(made),
        "paid": _instant(paid or made),
    }


def rate(since: int, until: int | None, value: int = 1) -> Row:
    """Return a rate of the agent ``a`` from a day of October 2026 to another."""
    end = None if until is None else date(2026, 10, until)
    return {"agent": "a", "since": date(2026, 10, since), "until": end, "rate": Fraction(value)}


def weighed(day: int, weight: int, *, test: bool = False) -> Row:
    """Return a day of October 2026 of the agent ``a``."""
    on = date(2026, 10, day)
    return {"agent": "a", "day": on, "weight": Fraction(weight), "test": test}


def _instant(text: str) -> int:
    return instant(text if " " in text else f"2026-10-05 {text}")
