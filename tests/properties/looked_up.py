"""Random inputs to look into: by a key, as of a day, by a name; and params that change by day."""

from tests.properties.documents import Document
from tests.properties.pages import (
    COLUMNS,
    HELPER,
    Page,
    Shelved,
    entry_of,
    helper_kind,
    spot_of,
    types_of,
)
from tests.properties.spots import Spot, chance, pick

from kpi_engine.language.kinds import Kind, Level, Type

_KEYS = {
    "grade": ("A | B | C", "text"),
    "note": ("text",),
    "n": ("int", "number"),
    "half": ("number", "int"),
    "good": ("bool",),
    "day": ("date",),
    "period": ("month",),
    "opened": ("month",),
}
"""What a table can be looked into by, of the kinds that events have, though not as narrow."""

_FILLED = {
    "rate": "number = 1.5",
    "units": "int = 3",
    "shut": "bool = false",
    "fee": "money = 2.50 CNY",
}
_SHELVES = (("by", "valid", "long"), ("valid", "long"), ("valid", "long"), ("by", "long"))
_NAMES = ("A", "B", "客服", "nobody")


def write_looked_up(page: Page) -> None:
    """Write inputs that rows and subjects look into, and what is found there."""
    spot = spot_of(page, page.words)
    for name in pick(spot, _SHELVES):
        key = _key(page, spot)
        asked = types_of(key)
        columns = {n: k for n, k in COLUMNS.items() if chance(spot, 3) and n not in key} | _FILLED
        table: Document = {"key": list(key), "columns": {**key, **columns}}
        types = types_of({n: k.partition(" =")[0] for n, k in columns.items()})
        found = {n: t._replace(nullable=t.nullable or n not in _FILLED) for n, t in types.items()}
        if name == "valid":
            table["valid"] = ["begins", "ends"]
            table["columns"] |= {"begins": "date", "ends": "optional date"}
            asked |= types_of({"day": "date"})
        if name == "long":
            value = pick(spot, ("optional number", "money = 1.25 CNY", "optional date", "bool"))
            table["long"] = {"name": "item", "value": "value"}
            table["columns"] = {**key, "item": "text", "value": value}
            type_ = types_of({"value": value.partition(" =")[0]})["value"]
            found = dict.fromkeys(_NAMES, type_._replace(nullable=True))
            less = [name for name in _NAMES if chance(spot, 3)]
            table["better"] = dict.fromkeys(less, "lower")
            page.lower |= {f"long.{name}" for name in less}
        entry_of(page.document, "tables")[name] = table
        page.shelf[name] = Shelved(asked, found)


def _key(page: Page, spot: Spot) -> Document:
    key = {name: "int" if name == "number" else "text" for name in page.key}
    others = dict.fromkeys(pick(spot, list(_KEYS)) for _ in range(pick(spot, (0, 1, 2))))
    if others and chance(spot, 2):
        key = {}
    if chance(spot, 4):
        key = {HELPER: helper_kind(page)}
    return key | {name: pick(spot, _KEYS[name]) for name in others}


def write_dated_params(page: Page, period: str) -> None:
    """Write params of which every row meets the value of its day."""
    spot = spot_of(page, page.words)
    for kind, values in _VALUES.items():
        name = f"by_day_{kind.name.lower()}"
        days = dict.fromkeys(f"{period}-{pick(spot, _DAYS)}" for _ in range(3))
        cases = {f"from {day}": pick(spot, values) for day in sorted(days)}
        otherwise = {"else": values[0]} if chance(spot, 2) else {}
        entry_of(page.document, "params")[name] = {"of": "day", **cases, **otherwise}
        page.dated[name] = Type(kind, Level.ROW, nullable=not otherwise)


_DAYS = ("01", "02", "08", "15", "28")
_VALUES = {
    Kind.NUMBER: ("1", "2", "49"),
    Kind.DURATION: ("3 min", "2 h", "1 days"),
    Kind.RATIO: ("30%", "70%"),
    Kind.HOURS: ("08:00-20:00", "22:00-06:00", "00:00-24:00"),
}
