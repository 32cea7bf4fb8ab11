"""What rulesets must have in common to be computed together, and what may differ between them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256
from math import lcm

from kpi_engine.language import ir
from kpi_engine.language.core import TooWideError
from kpi_engine.language.exact import Environment, fraction_of
from kpi_engine.language.kinds import QUANTITIES, Kind
from kpi_engine.language.pieces import Piece, common_divisor, line_pieces, slice_pieces
from kpi_engine.ruleset.checked import Item, Param, ParamScale, Ruleset
from kpi_engine.ruleset.params import constants_of

_WHOLENESS = re.compile(r", whole=(?:True|False)")


def alike(rulesets: Mapping[str, Ruleset]) -> dict[str, dict[str, Ruleset]]:
    """Return rulesets by name in groups of one structure, by the hash of what they have in common.

    That is all but the values of params, their scales' numbers of cases, and weights.
    """
    found: dict[str, dict[str, Ruleset]] = {}
    frames: dict[tuple[object, ...], tuple[str, frozenset[str]]] = {}
    shapes: dict[tuple[int, bool], str] = {}
    for name, ruleset in rulesets.items():
        # Rulesets over one base share all that is not their own.
        score = ruleset.score
        rest = None if score is None else (id(score.steps), score.needs)
        same = (id(ruleset.tables), id(ruleset.metrics), id(ruleset.pay), rest)
        if same not in frames:
            frames[same] = structure_of(ruleset), shown_params(ruleset)
        structure, shown = frames[same]
        key = sha256(f"{structure} {_shapes(ruleset, shown, shapes)}".encode()).hexdigest()
        found.setdefault(key, {})[name] = ruleset
    return found


def structure_of(ruleset: Ruleset) -> str:
    """Return what must be the same in rulesets that are computed together, params set aside.

    Titles, places and whether a number happens to be whole do not matter.
    """
    score = ruleset.score
    if score is not None:
        score = replace(score, items=tuple(map(_weightless, score.items)))
    metrics = [replace(metric, title={}) for metric in ruleset.metrics.values()]
    inputs = [table.columns for table in ruleset.tables.values()]
    tables = [replace(table, columns=()) for table in ruleset.tables.values()]
    zone = (ruleset.zone, ruleset.day_starts, ruleset.currency, ruleset.subject, ruleset.groups)
    formulas = _WHOLENESS.sub("", repr((tables, metrics, score, ruleset.pay)))
    return sha256(repr((zone, inputs, formulas)).encode()).hexdigest()


def _shapes(ruleset: Ruleset, fine: frozenset[str], known: dict[tuple[int, bool], str]) -> str:
    """Return of the params what must be the same in rulesets that are computed together.

    Of those in ``fine`` that includes the divisors of their numbers, which their readers show.
    ``known`` are those of params that were met, by their identity: shops share their base's.
    """
    found = []
    for name, param in ruleset.params.items():
        key = id(param), name in fine
        if key not in known:
            reading = reads_params(param)
            constants = constants_of(ruleset.params if reading else {})
            divisor = _divisor(param, constants) if name in fine else 1
            shape = _WHOLENESS.sub("", repr((name, _shape(param, constants), divisor)))
            if reading:
                found.append(shape)
                continue
            known[key] = shape
        found.append(known[key])
    return " ".join(found)


def reads_params(param: Param) -> bool:
    """Return whether other params stand in a param's scale."""
    scale = param.value.scale if isinstance(param.value, ParamScale) else None
    return scale is not None and any(ir.references(node) for node in ir.scale_values(scale))


def shown_params(ruleset: Ruleset) -> frozenset[str]:
    """Return the params whose divisors show in results or facts: read by a value kept exact."""
    metrics = ruleset.metrics.values()
    formulas = [m.value.node for m in metrics if m.fraction or m.table is not None]
    formulas += [formula.node for t in ruleset.tables.values() for _, formula in t.add]
    found: set[str] = set()
    for node in formulas:
        if node.type.kind in QUANTITIES:
            found.update(_params_in(node, ruleset.params))
    return frozenset(found)


def _weightless(item: Item) -> Item:
    return replace(item, weight=Fraction(0), children=tuple(map(_weightless, item.children)))


def number_of(node: ir.Node | None, constants: Environment) -> Fraction | None:
    """Return the number that a formula over params is, None where it is no number."""
    if node is None or node.type.kind not in QUANTITIES:
        return None
    if isinstance(node, ir.Lit):
        return node.value if isinstance(node.value, Fraction) else None
    try:
        return fraction_of(node, constants)
    except TooWideError:
        return None


def slices_of(stair: ir.Steps, constants: Environment) -> list[Piece]:
    """Return the area under a stair whose rates are formulas over params."""

    def rate(node: ir.Node | None) -> Fraction:
        found = number_of(node, constants)
        if found is None:
            raise TypeError(node)
        return found

    return slice_pieces(stair, rate)


def _shape(param: Param, constants: Environment) -> object:
    value = param.value
    if value is None:
        return None
    if isinstance(value, ParamScale):
        return (value.dated, _scale_shape(value, constants))
    data = isinstance(value.node, ir.Lit) and isinstance(value.node.value, Fraction)
    return value.node.type if data else value.node


def _scale_shape(param: ParamScale, constants: Environment) -> object:
    """Return what must be the same in scales that are computed together.

    Where all values are numbers, one may have more cases than another; the days of a dated scale
    are the same in all.
    """
    scale = param.scale
    values = [number_of(value, constants) for value in ir.scale_values(scale)]
    kinds = sorted({value.type.kind.name for value in ir.scale_values(scale)})
    numbers = None not in values
    form: object
    match scale:
        case ir.Steps():
            inclusive = sorted({step.inclusive for step in scale.steps})
            days = [step.bound for step in scale.steps] if param.dated else []
            form = (inclusive, scale.lowest is None, days)
        case ir.Ranges():
            days = [end for band in scale.ranges for end in (band.low, band.high)]
            form = (scale.otherwise is None, days if param.dated else [])
        case ir.Choice():
            form = (scale.otherwise is None, [option for option, _ in scale.options])
        case ir.Line():
            form = ()
    rest = [] if numbers else list(ir.scale_values(scale))
    return type(scale).__name__, kinds, form, rest


def _divisor(param: Param, constants: Environment) -> int:
    value = param.value
    if value is None:
        return 1
    if not isinstance(value, ParamScale):
        number = number_of(value.node, constants)
        return 1 if number is None else number.denominator
    if isinstance(value.scale, ir.Line):
        return common_divisor(line_pieces(value.scale))
    numbers = [number_of(node, constants) for node in ir.scale_values(value.scale)]
    if isinstance(value.scale, ir.Steps) and None not in numbers:
        numbers.append(Fraction(1, common_divisor(slices_of(value.scale, constants))))
    return lcm(*(number.denominator for number in numbers if number is not None))


def _params_in(node: ir.Node, params: Mapping[str, Param]) -> Iterator[str]:
    """Return the params whose numbers a formula computes with, by way of their scales too."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if current.type.kind is Kind.BOOL:  # what is compared leaves no number
            continue
        if isinstance(current, ir.Ref) and current.space == "param":
            yield current.name
        if isinstance(current, ir.Apply | ir.Slices) and isinstance(current.scale, str):
            yield current.scale
            value = params[current.scale].value
            waiting += ir.scale_values(value.scale) if isinstance(value, ParamScale) else ()
        waiting += ir.children(current)
