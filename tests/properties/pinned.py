"""Small fixed rulesets with their rows: what a fault in the plan has to answer differently from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from tests.properties.comparing import Tables
from tests.reference.cases import load

from kpi_engine.reference.values import Row, Value
from kpi_engine.ruleset.checked import Ruleset

PERIOD = "2026-10"

_HEAD = """
ruleset: pinned
zone: Asia/Shanghai
currency: CNY
subject: {from: people, key: who}
params:
  rates: {else: 1%, from 50 CNY: 2%, from 100 CNY: 3%}
  grades: {up to 10: 1, up to 20: 2, else: 3}
tables:
  people:
    key: who
    columns:
      who: text
      wage: optional money
      goal: optional number
      part: optional number
      deep: optional int
      seen: optional datetime
  events:
    key: id
    dated: at
    columns:
      id: int
      who: optional text
      at: datetime
      amount: optional money
      wait: optional number
      size: optional int
      good: optional bool
      kind: optional text
"""


@dataclass(frozen=True, slots=True)
class Pinned:
    """A ruleset over people and events of a period, their rows, and earlier months."""

    ruleset: Ruleset
    tables: Tables
    history: Sequence[Row] = ()
    period: str = PERIOD


def pinned(rest: str, people: list[Row], events: list[Row] | None = None) -> Pinned:
    """Return a ruleset whose tables, metrics, score and pay are ``rest``, with its rows."""
    return Pinned(load(_HEAD + rest), {"people": people, "events": events or []})


def person(who: str = "a", **columns: Value) -> Row:
    """Return one row of the roster; what is not said is unknown."""
    empty = dict.fromkeys(("wage", "goal", "part", "deep", "seen"))
    return {"who": who, **empty, **_exact(columns)}


def event(who: str | None = "a", at: str = "2026-10-05 09:00", **columns: Value) -> Row:
    """Return one event at a time on the clocks of Shanghai; what is not said is unknown."""
    empty = dict.fromkeys(("amount", "wait", "size", "good", "kind"))
    return {"id": Fraction(0), "who": who, "at": instant(at), **empty, **_exact(columns)}


def instant(text: str) -> int:
    """Return the time that the clocks of Shanghai show, in microseconds."""
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    return int(moment.timestamp()) * 10**6


def _exact(columns: dict[str, Value]) -> dict[str, Value]:
    return {
        name: Fraction(value) if name in _QUANTITIES and isinstance(value, int | str) else value
        for name, value in columns.items()
    }


_QUANTITIES = frozenset({"wage", "goal", "part", "deep", "id", "amount", "wait", "size"})
