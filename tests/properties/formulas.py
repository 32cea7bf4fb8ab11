"""Random formulas of a wanted kind, with every operator and function, most of them well typed."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace

from hypothesis import strategies as st
from tests.properties.across import across, across_options
from tests.properties.spots import (
    DAYS,
    LABELS,
    ORDERED,
    QUANTITIES_IN_ORDER,
    VALUE_KINDS,
    Draw,
    Spot,
    can_grow,
    chance,
    literal,
    literals_of,
    names_of,
    pick,
    quantity,
)
from tests.properties.words import Words, is_accepted

from kpi_engine.language import ir
from kpi_engine.language.kinds import QUANTITIES, Kind, product_kind
from kpi_engine.language.syntax import (
    Arithmetic,
    Call,
    Comparison,
    Conditional,
    Day,
    Expr,
    Hours,
    IsKnown,
    Logic,
    Membership,
    Name,
    Negative,
    Not,
    Relation,
    Text,
    Unknown,
)

Maker = Callable[..., Expr]

_STEPS = {
    Kind.NUMBER: ("1", "0.5", "0.1", "10", "0.000001"),
    Kind.RATIO: ("1", "0.5", "10"),
    Kind.MONEY: ("0.01", "1", "0.05", "100"),
    Kind.DURATION: ("1 s", "1 min", "0.5 h", "1 days"),
}
_HOURS = (
    Hours(480, 1380),
    Hours(0, 1440),
    Hours(1320, 360),
    Hours(120, 180),
    Hours(1439, 1440),
    Hours(0, 1),
)
_RELATIONS: tuple[Relation, ...] = ("==", "!=", "<", "<=", ">", ">=")


@st.composite
def formulas(
    draw: Draw,
    words: Words,
    kind: Kind,
    *,
    known: bool = False,
    depth: int = 3,
    gathers: bool = False,
) -> Expr | None:
    """Formulas of a kind that the checker accepts; None where a place has no names for one.

    A ``known`` one is never unknown; one that ``gathers`` reads rows by an aggregate.
    """
    spot = Spot(draw, words)
    if not can_grow(spot, kind, known=known):
        return None
    for height in (depth, depth - 1, 1):
        tree = grow(spot, kind, height, known=known)
        if is_accepted(tree, words, kind, known=known, gathers=gathers):
            return tree
    return None


@st.composite
def raw_formulas(draw: Draw, words: Words, kind: Kind, depth: int = 3) -> Expr:
    """Formulas as they grow, accepted or not."""
    return grow(Spot(draw, words), kind, depth, known=False)


def grow(spot: Spot, kind: Kind, depth: int, *, known: bool) -> Expr:
    """Return a formula of a kind, never unknown where it must be known."""
    makers: list[Maker] = [leaf]
    if depth > 0:
        makers = [leaf, *_MAKERS[kind], choice, spare, *([narrowed] if not known else [])]
        if spot.words.rows is not None:
            makers += [aggregate, aggregate, aggregate]
        makers += [said, said] if across_options(spot, kind, known=known) else []
        makers += [scaled] if _scales_of(spot, kind, known=known) else []
    return pick(spot, makers)(spot, kind, depth - 1, known=known)


def leaf(spot: Spot, kind: Kind, _: int = 0, *, known: bool) -> Expr:
    """Return a name, thrice as often as a literal."""
    names = names_of(spot, kind, known=known)
    if names and (kind in {Kind.DATETIME, Kind.MONTH} or not chance(spot, 4)):
        return Name(pick(spot, names))
    if kind is Kind.MONTH:
        return Call("month", (Day(pick(spot, DAYS)),))
    return literal(spot, kind)


def choice(spot: Spot, kind: Kind, depth: int, *, known: bool) -> Expr:
    """Return ``a if condition else b``; b may be the bare unknown."""
    condition = grow(spot, Kind.BOOL, depth, known=True)
    value = grow(spot, kind, depth, known=known)
    if not known and chance(spot, 4):
        return Conditional(value, condition, Unknown())
    return Conditional(value, condition, grow(spot, kind, depth, known=known))


def narrowed(spot: Spot, kind: Kind, depth: int, *, known: bool) -> Expr:
    """Return a choice whose condition finds a name known for its first branch."""
    uncertain = [name for name, ref in spot.words.names.items() if ref.type.nullable]
    if not uncertain:
        return choice(spot, kind, depth, known=known)
    name = pick(spot, uncertain)
    inner = replace(spot, found=spot.found | {name})
    first = grow(inner, kind, depth, known=known)
    second = grow(spot, kind, depth, known=known)
    if chance(spot, 2):
        return Conditional(first, IsKnown(Name(name), known=True), second)
    return Conditional(second, Not(IsKnown(Name(name), known=True)), first)


def spare(spot: Spot, kind: Kind, depth: int, *, known: bool) -> Expr:
    """Return ``default(x, y)``."""
    value = grow(spot, kind, depth, known=False) if can_grow(spot, kind, known=False) else Unknown()
    return Call("default", (value, grow(spot, kind, depth, known=known)))


def _scales_of(spot: Spot, kind: Kind, *, known: bool) -> list[str]:
    return [
        name
        for name, signature in spot.words.scales.items()
        if signature.value.kind is kind
        and not (known and signature.value.nullable)
        and can_grow(spot, signature.x, known=known)
    ]


def scaled(spot: Spot, kind: Kind, depth: int, *, known: bool) -> Expr:
    """Return a scale of the params at some x."""
    name = pick(spot, _scales_of(spot, kind, known=known))
    return Call(name, (grow(spot, spot.words.scales[name].x, depth, known=known),))


def both(spot: Spot, kind: Kind, depth: int, *, known: bool) -> Expr:
    """Return a sum or a difference of two values of a kind, or the lesser or greater of them."""
    left, right = (grow(spot, kind, depth, known=known) for _ in range(2))
    operator = pick(spot, ("+", "-", "at_least", "at_most"))
    if operator in {"at_least", "at_most"}:
        return Call(operator, (left, right))
    return Arithmetic(operator, left, right)  # type: ignore[arg-type]


def extreme(spot: Spot, kind: Kind, depth: int, *, known: bool) -> Expr:
    """Return the lesser or the greater of two values of a kind."""
    arguments = tuple(grow(spot, kind, depth, known=known) for _ in range(2))
    return Call(pick(spot, ("at_least", "at_most")), arguments)


def product(spot: Spot, kind: Kind, depth: int, *, known: bool) -> Expr:
    """Return a product in which at most one factor has a unit."""
    plain = Kind.RATIO if kind is Kind.RATIO else pick(spot, (Kind.NUMBER, Kind.RATIO))
    left, right = grow(spot, kind, depth, known=known), grow(spot, plain, depth, known=known)
    return Arithmetic("*", right, left) if chance(spot, 2) else Arithmetic("*", left, right)


def quotient(spot: Spot, kind: Kind, depth: int, *, known: bool) -> Expr:
    """Return a quotient: by something plain, or of two values of one unit."""
    if kind is Kind.RATIO:
        return product(spot, kind, depth, known=known)
    of_one_unit = kind is Kind.NUMBER and chance(spot, 2)
    below = pick(spot, _UNITS if of_one_unit else _DIVISORS)
    above = below if of_one_unit else kind
    if known:
        divisor: Expr = quantity(spot.words.currency, below, pick(spot, literals_of(below)[1:]))
    else:
        divisor = grow(spot, below, depth, known=False)
    return Arithmetic("/", grow(spot, above, depth, known=known), divisor)


def negative(spot: Spot, kind: Kind, depth: int, *, known: bool) -> Expr:
    """Return ``-x``."""
    return Negative(grow(spot, kind, depth, known=known))


def stepped(spot: Spot, kind: Kind, depth: int, *, known: bool) -> Expr:
    """Return a value rounded to a multiple of a step, to the nearest, down or up."""
    step = quantity(spot.words.currency, kind, pick(spot, _STEPS[kind]))
    return Call(
        pick(spot, ("round", "floor", "ceil")), (grow(spot, kind, depth, known=known), step)
    )


def attained(spot: Spot, _: Kind, depth: int, *, known: bool) -> Expr:
    """Return points for reaching a target; of a metric that is better lower, now and then."""
    kind = pick(spot, QUANTITIES_IN_ORDER)
    of_lower = [
        k for k in QUANTITIES_IN_ORDER if set(names_of(spot, k, known=known)) & spot.words.lower
    ]
    if of_lower and chance(spot, 2):
        kind = pick(spot, of_lower)
    if known:
        target: Expr = quantity(spot.words.currency, kind, pick(spot, literals_of(kind)[1:]))
    else:
        target = grow(spot, kind, depth, known=False)
    lower = [n for n in names_of(spot, kind, known=known) if n in spot.words.lower]
    if lower and not chance(spot, 4):
        return Call("attain", (Name(pick(spot, lower)), target))
    return Call("attain", (grow(spot, kind, depth, known=known), target))


def sliced(spot: Spot, kind: Kind, depth: int, *, known: bool) -> Expr:
    """Return the area under a stair whose rates times its x are of a kind."""
    stairs = [
        name
        for name, signature in spot.words.scales.items()
        if signature.stair
        and not signature.value.nullable
        and signature.x in QUANTITIES
        and product_kind(signature.x, signature.value.kind) is kind
    ]
    if not stairs:
        return product(spot, kind, depth, known=known)
    name = pick(spot, stairs)
    x = grow(spot, spot.words.scales[name].x, depth, known=known)
    return Call("slices", (Name(name), x))


def between(spot: Spot, _: Kind, depth: int, *, known: bool) -> Expr:
    """Return the time between two moments."""
    moment = Kind.DATETIME if can_grow(spot, Kind.DATETIME, known=known) else Kind.DATE
    moment = pick(spot, (moment, Kind.DATE))
    left, right = (grow(spot, moment, depth, known=known) for _ in range(2))
    return Arithmetic("-", left, right)


def moved(spot: Spot, kind: Kind, depth: int, *, known: bool) -> Expr:
    """Return a time some duration later or earlier."""
    moment, length = (grow(spot, k, depth, known=known) for k in (kind, Kind.DURATION))
    match pick(spot, ("after", "before", "turned")):
        case "after":
            return Arithmetic("+", moment, length)
        case "before":
            return Arithmetic("-", moment, length)
        case _:
            return Arithmetic("+", length, moment)


def month(spot: Spot, _: Kind, depth: int, *, known: bool) -> Expr:
    """Return the month of a time or a day."""
    moment = Kind.DATETIME if can_grow(spot, Kind.DATETIME, known=known) else Kind.DATE
    return Call("month", (grow(spot, pick(spot, (moment, Kind.DATE)), depth, known=known),))


def compared(spot: Spot, _: Kind, depth: int, *, known: bool) -> Expr:
    """Return a comparison, now and then a chain of three."""
    kinds = [kind for kind in ORDERED if can_grow(spot, kind, known=known)]
    kind = pick(spot, kinds)
    count = pick(spot, (2, 2, 3))
    operands = tuple(grow(spot, kind, depth, known=known) for _ in range(count))
    return Comparison(operands, tuple(pick(spot, _RELATIONS) for _ in operands[1:]))


def equal(spot: Spot, _: Kind, depth: int, *, known: bool) -> Expr:
    """Return whether two texts or two conditions are equal, or not."""
    kind = pick(spot, (Kind.TEXT, Kind.BOOL))
    operands = tuple(grow(spot, kind, depth, known=known) for _ in range(2))
    return Comparison(operands, (pick(spot, ("==", "!=")),))


def among(spot: Spot, _: Kind, depth: int, *, known: bool) -> Expr:
    """Return whether a text is one of some."""
    options = tuple(Text(pick(spot, LABELS)) for _ in range(pick(spot, (1, 2))))
    return Membership(grow(spot, Kind.TEXT, depth, known=known), options)


def within(spot: Spot, kind: Kind, depth: int, *, known: bool) -> Expr:
    """Return whether a time lies in hours."""
    if not can_grow(spot, Kind.DATETIME, known=known):
        return among(spot, kind, depth, known=known)
    options: list[Expr] = [*_HOURS, *map(Name, names_of(spot, Kind.HOURS, known=True))]
    hours = pick(spot, options)
    return Membership(grow(spot, Kind.DATETIME, depth, known=known), hours)


def tested(spot: Spot, _: Kind, depth: int, *, known: bool) -> Expr:
    """Return whether something is known; the answer always is."""
    del known
    kinds = [kind for kind in VALUE_KINDS if can_grow(spot, kind, known=False)]
    operand = grow(spot, pick(spot, kinds), depth, known=False)
    return IsKnown(operand, chance(spot, 2))


def joined(spot: Spot, _: Kind, depth: int, *, known: bool) -> Expr:
    """Return a conjunction or a disjunction; the first operand may find a name known."""
    uncertain = [name for name, ref in spot.words.names.items() if ref.type.nullable]
    if uncertain and chance(spot, 2):
        name = pick(spot, uncertain)
        found = replace(spot, found=spot.found | {name})
        second = grow(found, Kind.BOOL, depth, known=known)
        if chance(spot, 2):
            return Logic("and", (IsKnown(Name(name), known=True), second))
        return Logic("or", (IsKnown(Name(name), known=False), second))
    count = pick(spot, (2, 2, 3))
    operands = tuple(grow(spot, Kind.BOOL, depth, known=known) for _ in range(count))
    return Logic(pick(spot, ("and", "or")), operands)


def denied(spot: Spot, _: Kind, depth: int, *, known: bool) -> Expr:
    """Return ``not c``."""
    return Not(grow(spot, Kind.BOOL, depth, known=known))


def said(spot: Spot, kind: Kind, depth: int, *, known: bool) -> Expr:
    """Return what is said of a group; where there is nothing to say, a leaf."""
    tree = across(spot, pick(spot, across_options(spot, kind, known=known)), depth, grow)
    return leaf(spot, kind, known=known) if tree is None else tree


def aggregate(spot: Spot, kind: Kind, depth: int, *, known: bool) -> Expr:
    """Return an aggregate of a kind over the rows; where none is of the kind, a leaf."""
    options = _aggregates(kind, known=known)
    inner = Spot(spot.draw, replace(spot.words, names=spot.words.rows or {}, rows=None))
    if not options or not inner.words.names:
        return leaf(spot, kind, known=known)
    function, taken = pick(spot, options)
    if taken is None:
        return Call(function, ())
    if taken is Kind.ANY:
        taken = pick(spot, [k for k in VALUE_KINDS if can_grow(inner, k, known=False)])
    if not can_grow(inner, taken, known=False):
        return leaf(spot, kind, known=known)
    argument = grow(inner, taken, min(depth, 2), known=function == "share")
    if not _reads_row(argument, inner.words.names):
        # Of constants nothing can be gathered: let a row have a say.
        known_row = IsKnown(Name(pick(spot, list(inner.words.names))), known=True)
        otherwise = argument if taken is Kind.MONTH else literal(inner, taken)
        argument = Conditional(argument, known_row, otherwise)
    return Call(function, (argument,))


def _aggregates(kind: Kind, *, known: bool) -> list[tuple[str, Kind | None]]:
    found: list[tuple[str, Kind | None]] = []
    if kind is Kind.NUMBER:
        found += [("count", None), ("count", Kind.BOOL), ("distinct", Kind.ANY)]
    if kind is Kind.RATIO and not known:
        found += [("share", Kind.BOOL), ("share", Kind.BOOL)]
    if kind in QUANTITIES:
        found += [("sum", kind)]
        found += [] if known else [("mean", kind), ("median", kind)]
    if kind in ORDERED and not known:
        found += [("min", kind), ("max", kind)]
    return found


def _reads_row(tree: object, names: Mapping[str, ir.Ref]) -> bool:
    if isinstance(tree, Name):
        return tree.name in names
    if isinstance(tree, tuple):
        return any(_reads_row(part, names) for part in tree)
    parts = fields(tree) if is_dataclass(tree) and not isinstance(tree, type) else ()
    return any(_reads_row(getattr(tree, part.name), names) for part in parts)


_OF_QUANTITIES: list[Maker] = [both, both, product, quotient, negative, stepped, sliced]
_UNITS: tuple[Kind, ...] = (Kind.MONEY, Kind.DURATION, Kind.RATIO)
_DIVISORS: tuple[Kind, ...] = (Kind.NUMBER, Kind.RATIO)

_MAKERS: dict[Kind, list[Maker]] = {
    Kind.NUMBER: [*_OF_QUANTITIES, quotient, attained],
    Kind.RATIO: [both, product, negative, stepped],
    Kind.MONEY: _OF_QUANTITIES,
    Kind.DURATION: [*_OF_QUANTITIES, between, between],
    Kind.BOOL: [compared, compared, compared, equal, among, within, tested, joined, joined, denied],
    Kind.TEXT: [choice],
    Kind.DATE: [extreme],
    Kind.DATETIME: [moved, extreme],
    Kind.MONTH: [month, extreme],
}
