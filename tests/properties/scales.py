"""Random scales of every form, for params and for values on the spot."""

from collections.abc import Callable
from datetime import date

from tests.properties.spots import LABELS, Spot, chance, literal, pick, quantity

from kpi_engine.language.kinds import QUANTITIES, Kind
from kpi_engine.language.printer import print_formula
from kpi_engine.language.syntax import Day, Expr, Negative

Value = Callable[[], str]

_BOUNDS = {
    Kind.NUMBER: ("0.5", "1", "2.5", "7", "49", "60", "70.01", "90", "99.995"),
    Kind.RATIO: ("0.5", "33.3", "50", "70", "90", "99.99"),
    Kind.MONEY: ("0.01", "0.50", "10", "33.33", "100.05", "500"),
    Kind.DURATION: ("0.000001 s", "1 s", "30 s", "3 min", "2 h", "1 days"),
}
_DAYS = (date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 8), date(2026, 3, 31), date(2026, 4, 1))

SCALE_KINDS = (Kind.NUMBER, Kind.RATIO, Kind.MONEY, Kind.DURATION, Kind.TEXT, Kind.DATE)
"""What a scale can be applied to."""


def scale_cases(spot: Spot, x: Kind, kind: Kind, value: Value, *, signed: bool) -> dict[str, str]:
    """Return the cases of a scale from one kind to another; ``signed`` ones go on below zero."""
    if x is Kind.TEXT:
        cases = {f"is {label}": value() for label in LABELS[: pick(spot, (1, 2, 3))]}
        return cases | ({"else": value()} if len(cases) < len(LABELS) else {})
    bounds = _bounds(spot, x, pick(spot, (1, 2, 3, 4)), signed=signed)
    forms = ["from", "from", "up to", "to"]
    forms += ["at"] if x in QUANTITIES and kind in QUANTITIES and len(bounds) > 1 else []
    match pick(spot, forms):
        case "at":
            return {f"at {bound}": _constant(spot, kind) for bound in bounds}
        case "to" if len(bounds) > 1:
            pairs = zip(bounds[::2], bounds[1::2], strict=False)
            cases = {f"{low} to {high}": value() for low, high in pairs}
            return cases | {"else": value()}
        case "to":
            return {f"from {bounds[0]}": value(), "else": value()}
        case form:
            cases = {f"{form} {bound}": value() for bound in bounds}
            return cases | ({"else": value()} if not chance(spot, 4) else {})


def _constant(spot: Spot, kind: Kind) -> str:
    return print_formula(literal(spot, kind))


def _bounds(spot: Spot, x: Kind, count: int, *, signed: bool) -> list[str]:
    """Return different bounds of a kind, rising."""
    places: list[Expr]
    if x is Kind.DATE:
        places = [Day(day) for day in _DAYS]
    else:
        places = [quantity(spot.words.currency, x, written) for written in _BOUNDS[x]]
        if signed:
            zero = "0 s" if x is Kind.DURATION else "0"
            first = quantity(spot.words.currency, x, _BOUNDS[x][1])
            places = [Negative(first), quantity(spot.words.currency, x, zero), *places]
    chosen = sorted({pick(spot, tuple(range(len(places)))) for _ in range(count)})
    return [print_formula(places[index]) for index in chosen]
