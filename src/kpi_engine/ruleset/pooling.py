"""Shops computed together: rulesets that differ in numbers alone, the numbers as columns.

Params, scales and weights travel as a table with one row per shop. All else is structure: shops
are pooled where it is the same.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import lcm
from typing import TypeVar

from kpi_engine.language import core, ir
from kpi_engine.language.core import Core, Rational, Value, whole
from kpi_engine.language.exact import Environment, exact_value
from kpi_engine.language.kinds import Kind, Level, Type
from kpi_engine.language.pieces import (
    Exact,
    Piece,
    Pieces,
    common_divisor,
    line_pieces,
)
from kpi_engine.language.scaleforms import Bands, Options, ScaleForm, Stair, Straight
from kpi_engine.ruleset.checked import (
    POOL,
    Column,
    Formula,
    Param,
    ParamScale,
    Pool,
    Ruleset,
    Score,
    Table,
)
from kpi_engine.ruleset.params import constants_of
from kpi_engine.ruleset.rules import pay_rules, score_rules
from kpi_engine.ruleset.structure import number_of, reads_params, slices_of
from kpi_engine.ruleset.wholes import whole_leaves, whole_over, whole_weights

_TEXT, _WHOLE = Type(Kind.TEXT, Level.ROW), Type(Kind.NUMBER, Level.ROW, whole=True)
_Case = TypeVar("_Case")


class NotPooledError(ValueError):
    """Rulesets that cannot be computed together; ``divisible`` where fewer of them may."""

    def __init__(self, reason: str, *, divisible: bool = False) -> None:
        super().__init__(reason)
        self.divisible = divisible


TOO_MANY_DIGITS = "their numbers together take too many digits"


@dataclass(slots=True)
class _Numbers:
    """The columns written so far: whole numbers, one per shop."""

    columns: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def wholes(self, name: str, numbers: Sequence[int]) -> Core:
        """Return numbers as one constant where they are equal, else as a column."""
        if min(numbers) == max(numbers):
            return whole(numbers[0])
        if max(map(abs, numbers)) > core.WIDEST_INPUT:
            raise NotPooledError(TOO_MANY_DIGITS, divisible=True)
        self.columns[name] = tuple(numbers)
        return Core("column", (f"{POOL}.{name}",), min(numbers), max(numbers))

    def fractions(self, name: str, numbers: Sequence[Fraction]) -> Exact:
        """Return numbers as one constant where they are equal, else over one divisor."""
        if all(number == numbers[0] for number in numbers):
            return numbers[0]
        divisor = lcm(*{number.denominator for number in numbers})
        above = [whole_over(divisor, number) for number in numbers]
        return Rational(self.wholes(name, above), whole(divisor))


def pool(shop: str, rulesets: Mapping[str, Ruleset]) -> tuple[Ruleset, Mapping[str, Sequence[int]]]:
    """Return rulesets of one structure as one, and by name the numbers that differ, by shop.

    ``shop`` is the column that names a shop.

    Raises:
        NotPooledError: a number is beyond 2^53 over the divisor it shares with the others.
    """
    first, *_ = rulesets.values()
    numbers = _Numbers()
    sliced = set(_sliced(first))
    params: dict[str, Value] = {}
    scales: dict[str, ScaleForm] = {}
    for name, param in first.params.items():
        given = [ruleset.params[name] for ruleset in rulesets.values()]
        reading = any(map(reads_params, {id(each): each for each in given}.values()))
        if not reading and all(each is param for each in given):
            continue
        if isinstance(param.value, ParamScale):
            found = [each.value.scale for each in given if isinstance(each.value, ParamScale)]
            if reading or any(scale != param.value.scale for scale in found):
                constants = [constants_of(r.params if reading else {}) for r in rulesets.values()]
                scales[name] = _pooled_scale(name, found, constants, numbers, sliced=name in sliced)
        else:
            exact = numbers.fractions(name, [_constant(each) for each in given])
            if isinstance(exact, Rational):
                params[name] = exact
    weights = _pooled_weights([r.score for r in rulesets.values()], numbers)
    own = _own_tables(shop, first.tables)
    tables = {POOL: _table(shop, numbers, first), **first.tables}
    pooled = Pool(shop, own, params, scales, *weights)
    return replace(first, tables=tables, pool=pooled, forms={}), numbers.columns


def _own_tables(shop: str, tables: Mapping[str, Table]) -> frozenset[str]:
    """Return the tables whose rows name a shop from the start, the rows they are made of too."""
    own: set[str] = set()
    for table in tables.values():
        if table.origin is None:
            found = any(column.name == shop for column in table.columns)
        else:
            kept = table.per is None or shop in table.per
            found = table.origin in own and kept and shop not in dict(table.add)
        if found:
            own.add(table.name)
    return frozenset(own)


def _table(shop: str, numbers: _Numbers, ruleset: Ruleset) -> Table:
    columns = (Column(shop, _TEXT, shop), *(Column(n, _WHOLE, n) for n in numbers.columns))
    return Table(
        name=POOL,
        key=(shop,),
        identity=(shop,),
        columns=columns,
        clock=None,
        valid=None,
        long=None,
        file=None,
        missing=(),
        origin=None,
        where=None,
        per=None,
        runs=None,
        matches=(),
        add=(),
        drop=(),
        types={column.name: column.type for column in columns},
        span=ruleset.tables[ruleset.subject.table].span,
    )


def _as_value(number: Exact) -> Rational:
    if isinstance(number, Rational):
        return number
    return Rational(whole(number.numerator), whole(number.denominator))


def _constant(param: Param) -> Fraction:
    """Return the number a constant is; what is none is the same in all rulesets."""
    node = param.value.node if isinstance(param.value, Formula) else None
    if isinstance(node, ir.Lit) and isinstance(node.value, Fraction):
        return node.value
    return Fraction(0)


def _sliced(ruleset: Ruleset) -> Iterator[str]:
    """Return the params whose scales some formula goes through slice by slice."""
    metrics = (metric.value for metric in ruleset.metrics.values())
    formulas = [formula for table in ruleset.tables.values() for _, formula in table.add]
    rules = (*metrics, *score_rules(ruleset.score), *pay_rules(ruleset.pay), *formulas)
    waiting = [rule.node for rule in rules]
    while waiting:
        current = waiting.pop()
        if isinstance(current, ir.Slices):
            yield current.scale
        waiting += ir.children(current)


# Scales


def _pooled_scale(
    name: str,
    scales: Sequence[ir.Scale],
    constants: Sequence[Environment],
    numbers: _Numbers,
    *,
    sliced: bool,
) -> ScaleForm:
    """Return scales of one shape as one; a shorter one repeats its last case."""

    def value(case: str, nodes: Sequence[ir.Node | None]) -> Value:
        known = [number_of(node, env) for node, env in zip(nodes, constants, strict=True)]
        found = [number for number in known if number is not None]
        if len(found) == len(known):
            return _as_value(numbers.fractions(f"{name} {case}", found))
        node = nodes[0]
        if node is None:
            return core.UNKNOWN
        if ir.references(node):
            raise NotPooledError(TOO_MANY_DIGITS)
        return exact_value(node, constants[0])

    cases: Stair | Bands | Options | Straight
    area = None
    match scales[0]:
        case ir.Steps():
            stairs = [scale for scale in scales if isinstance(scale, ir.Steps)]
            rows = _repeated([stair.steps for stair in stairs])
            lowest = value("else", [stair.lowest for stair in stairs])
            steps = tuple(
                (
                    numbers.fractions(f"{name} from {place}", [step.bound for step in row]),
                    row[0].inclusive,
                    value(f"value {place}", [step.value for step in row]),
                )
                for place, row in enumerate(rows, 1)
            )
            cases = Stair(lowest, steps)
            if sliced:
                areas = [slices_of(*pair) for pair in zip(stairs, constants, strict=True)]
                area = _pooled_pieces(f"{name} slices", areas, numbers)
        case ir.Ranges():
            ranges = [scale for scale in scales if isinstance(scale, ir.Ranges)]
            bands = tuple(
                (
                    numbers.fractions(f"{name} from {place}", [band.low for band in row]),
                    numbers.fractions(f"{name} to {place}", [band.high for band in row]),
                    value(f"value {place}", [band.value for band in row]),
                )
                for place, row in enumerate(_repeated([scale.ranges for scale in ranges]), 1)
            )
            cases = Bands(bands, value("else", [scale.otherwise for scale in ranges]))
        case ir.Choice():
            choices = [scale for scale in scales if isinstance(scale, ir.Choice)]
            options = tuple(
                (row[0][0], value(f"value {place}", [node for _, node in row]))
                for place, row in enumerate(zip(*(c.options for c in choices), strict=True), 1)
            )
            cases = Options(options, value("else", [scale.otherwise for scale in choices]))
        case ir.Line():
            lines = [scale for scale in scales if isinstance(scale, ir.Line)]
            pieces = _pooled_pieces(name, [line_pieces(line) for line in lines], numbers)
            limit = max(abs(y) for line in lines for _, y in line.points)
            cases = Straight(pieces, limit)
    return ScaleForm(cases, area)


def _repeated(rows: Sequence[Sequence[_Case]]) -> list[list[_Case]]:
    """Return the columns of rows of different length, each filled with its last value."""
    longest = max(map(len, rows))
    return [[row[min(place, len(row) - 1)] for row in rows] for place in range(longest)]


def _pooled_pieces(name: str, shops: Sequence[Sequence[Piece]], numbers: _Numbers) -> Pieces:
    """Return the pieces of all shops, those of each over a divisor of its own."""
    common = [common_divisor(pieces) for pieces in shops]
    parts: list[tuple[Exact | None, Core, Core]] = []
    for place, row in enumerate(_repeated(shops)):
        # A shop of one piece repeats it from wherever: its value there is the same.
        bounds = [Fraction(0) if bound is None else bound for bound, _, _ in row]
        at = numbers.fractions(f"{name} bound {place}", bounds) if place else None
        starts = [whole_over(times, a) for (_, a, _), times in zip(row, common, strict=True)]
        slopes = [whole_over(times, b) for (_, _, b), times in zip(row, common, strict=True)]
        start = numbers.wholes(f"{name} start {place}", starts)
        parts.append((at, start, numbers.wholes(f"{name} slope {place}", slopes)))
    return Pieces(tuple(parts), numbers.wholes(f"{name} divisor", common))


# Weights


def _pooled_weights(
    scores: Sequence[Score | None], numbers: _Numbers
) -> tuple[Mapping[str, Core], Mapping[str, Core], Core | None]:
    """Return the weights of items, of leaves in the whole, and what `needs` asks of the latter."""
    found = [score for score in scores if score is not None]
    if not found or all(score.items == found[0].items for score in found):
        return {}, {}, None
    weights = _by_path(whole_weights(score.items) for score in found)
    leaves = {}
    needed = None
    if found[0].needs is not None:
        wholes = [whole_leaves(score.items) for score in found]
        leaves = _by_path(of_leaf for of_leaf, _ in wholes)
        common = [
            score.needs.numerator * total
            for score, (_, total) in zip(found, wholes, strict=True)
            if score.needs is not None
        ]
        needed = numbers.wholes("needs", common)
    return (
        {path: numbers.wholes(f"weight {path}", row) for path, row in weights.items()},
        {path: numbers.wholes(f"part {path}", row) for path, row in leaves.items()},
        needed,
    )


def _by_path(rows: Iterable[Mapping[str, int]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for row in rows:
        for path, number in row.items():
            found.setdefault(path, []).append(number)
    return found
