"""Fixed rulesets over two shops with teams, and their rows: what compares people, and months."""

from fractions import Fraction

from tests.properties.pinned import PERIOD, Pinned, instant
from tests.reference.cases import load

from kpi_engine.reference.moments import read_period
from kpi_engine.reference.values import Row, Value

_HEAD = """
ruleset: groups
zone: Asia/Shanghai
currency: CNY
subject: {from: people, key: [shop, who]}
groups:
  shop: [shop, period]
  team: [shop, team, period]
  everybody: [period]
  all: [shop]
  own: [shop, who]
  year: [shop, who, year]
  quarter: {key: [shop, who], window: 3 months}
tables:
  people:
    key: [shop, who]
    columns:
      shop: text
      who: text
      team: text
      role: optional text
      goal: optional number
      part: number
      wage: optional money
      fine: optional bool
  events:
    key: id
    dated: at
    columns: {id: int, shop: optional text, who: optional text, at: datetime, size: optional number}
"""


def grouped(
    rest: str,
    people: list[Row],
    events: list[Row] | None = None,
    history: tuple[Row, ...] = (),
    period: str = PERIOD,
) -> Pinned:
    """Return a ruleset whose metrics, score and pay are ``rest``, with its rows and months."""
    tables = {"people": people, "events": events or []}
    return Pinned(load(_HEAD + rest), tables, history, period)


def member(who: str, shop: str = "S", **columns: Value) -> Row:
    """Return one row of the roster; what is not said is unknown, but for a team and a part of 1."""
    empty = dict.fromkeys(("role", "goal", "wage", "fine"))
    return {"shop": shop, "who": who, "team": "t", **empty, "part": Fraction(1), **_exact(columns)}


def sold(size: int | None, who: str | None = "a", shop: str | None = "S") -> Row:
    """Return one event of October."""
    exact = None if size is None else Fraction(size)
    at = instant("2026-10-05 09:00")
    return {"id": Fraction(0), "shop": shop, "who": who, "at": at, "size": exact}


def month(period: str, who: str = "a", shop: str = "S", **values: Value) -> Row:
    """Return what results say of a subject in a month."""
    return {"shop": shop, "who": who, "period": read_period(period).month, **_exact(values)}


def _exact(columns: dict[str, Value]) -> dict[str, Value]:
    return {
        name: Fraction(value)
        if isinstance(value, int | str) and not isinstance(value, bool) and name in _QUANTITIES
        else value
        for name, value in columns.items()
    }


_QUANTITIES = frozenset({"goal", "part", "wage", "score", "pay", "m", "x", "total"})
