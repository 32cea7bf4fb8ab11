"""Scales along one variable: what they give, piece by piece of what they go by."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial

from kpi_engine.analysis.courses import Course, Cut, Text, Value, flat, joined, spread
from kpi_engine.analysis.grounds import (
    UndecidedError,
    View,
    amount_of,
    condition_of,
    fact_of,
    note_param,
    variables_of,
    varies,
)
from kpi_engine.analysis.intervals import scale_of
from kpi_engine.analysis.terms import ONE, Sum, minus, number_in, plain, plus, scaled, straight
from kpi_engine.analysis.tracedlogic import mixed
from kpi_engine.language import ir
from kpi_engine.language.pieces import Piece, line_pieces
from kpi_engine.ruleset.structure import slices_of

Trace = Callable[[ir.Node, View], Course]
"""What gives the course of a formula: the values of cases are formulas."""


def along_scale(node: ir.Apply, scale: ir.Scale, trace: Trace, view: View, x: Value) -> Course:
    """Return what a scale gives along a piece of what it goes by."""
    param = node.scale if isinstance(node.scale, str) else None
    if x is None:
        return flat(None)
    if isinstance(x, Text):
        return _along_text(node, scale, trace, view, x)
    if isinstance(scale, ir.Line):
        return along_pieces(node, line_pieces(scale), param, view, x)
    cases, values = _cases_of(scale, whole=node.x.type.whole)
    if number_in(x) is None and not varies(x, view):
        return _by_facts(node, values, trace, view, x)
    line = straight(x)
    if line is None or isinstance(scale, ir.Choice):
        raise UndecidedError(node)
    return spread(
        _inverted(cases, *line, param, view),
        lambda index: _case(values, index, trace, view),
    )


def _case(values: list[ir.Node | None], index: Value, trace: Trace, view: View) -> Course:
    number = number_in(index) if isinstance(index, Mapping) else None
    value = values[int(number)] if number is not None else None
    return flat(None) if value is None else trace(value, view)


def _cases_of(
    scale: ir.Scale, *, whole: bool
) -> tuple[list[tuple[Cut, int]], list[ir.Node | None]]:
    """Return where each case begins, by its place among the values, of which the first is below.

    Between bands of ``whole`` numbers that follow each other lies nothing.
    """
    match scale:
        case ir.Steps(lowest=lowest, steps=steps):
            cuts = [((s.bound, not s.inclusive), i) for i, s in enumerate(steps, start=1)]
            return cuts, [lowest, *(step.value for step in steps)]
        case ir.Ranges(ranges=ranges, otherwise=otherwise):
            cuts = []
            lows = [band.low for band in ranges]
            for index, band in enumerate(ranges, start=1):
                cuts.append(((band.low, False), index))
                if not (whole and band.high + 1 in lows):
                    cuts.append(((band.high, True), 0))
            return cuts, [otherwise, *(band.value for band in ranges)]
        case ir.Choice(options=options, otherwise=otherwise):
            return [], [otherwise, *(value for _, value in options)]
        case ir.Line():
            return [], []


def _inverted(
    cuts: list[tuple[Cut, int]], offset: Fraction, rise: Fraction, param: str | None, view: View
) -> Course:
    """Return the number of the case in which offset + rise * variable lies."""
    if rise == 0:
        place = 0
        for (bound, above), index in cuts:
            if offset > bound or (offset == bound and not above):
                place = index
        return flat(plain(place))
    if rise < 0:
        befores = [0, *(index for _, index in cuts)]
        last = cuts[-1][1] if cuts else 0
        turned: list[tuple[Cut | None, Value]] = [(None, plain(last))]
        for ((bound, above), _), before in reversed(list(zip(cuts, befores[:-1], strict=True))):
            at_x = (bound - offset) / rise
            note_param(view, at_x, param)
            turned.append(((at_x, not above), plain(before)))
        return tuple(turned)
    made: list[tuple[Cut | None, Value]] = [(None, plain(0))]
    for (bound, above), index in cuts:
        at_x = (bound - offset) / rise
        note_param(view, at_x, param)
        made.append(((at_x, above), plain(index)))
    return tuple(made)


def _along_text(node: ir.Apply, scale: ir.Scale, trace: Trace, view: View, x: Text) -> Course:
    if not isinstance(scale, ir.Choice):
        raise UndecidedError(node)
    options = dict(scale.options)
    conditions, courses = [], []
    for word, condition in x.condition_by_word.items():
        value = options.get(word, scale.otherwise)
        conditions.append(condition)
        courses.append(flat(None) if value is None else trace(value, view))
    return joined(partial(mixed, view, conditions), courses)


def _by_facts(
    node: ir.Apply, values: list[ir.Node | None], trace: Trace, view: View, x: Sum
) -> Course:
    """Return what a scale gives that goes by something else than the variable."""
    if view.variable not in variables_of(node, view.ground):
        return flat(fact_of(node, view))
    conditions: list[Sum] = []
    rest = ONE
    for index in range(1, len(values)):
        choice = frozenset(x.items()), node.scale
        conditions.append(condition_of((choice, index), node.x, view, choice))
        rest = minus(rest, conditions[-1])
    courses = [flat(None) if v is None else trace(v, view) for v in (*values[1:], values[0])]
    return joined(partial(mixed, view, [*conditions, rest]), courses)


def along_slices(node: ir.Slices, view: View, x: Value) -> Course:
    """Return the area under a stair along a piece of what it goes by."""
    stair = scale_of(node.scale, view.ground.sight)
    if not isinstance(stair, ir.Steps):
        return flat(fact_of(node, view))
    return along_pieces(node, slices_of(stair, view.ground.constants), node.scale, view, x)


def along_pieces(
    node: ir.Node, pieces: list[Piece], param: str | None, view: View, x: Value
) -> Course:
    """Return what straight pieces give along a piece of what they go by."""
    if not isinstance(x, Mapping):
        return flat(None)
    if number_in(x) is None and view.variable not in variables_of(node, view.ground):
        return flat(fact_of(node, view))
    line = straight(x)
    if line is None:
        if varies(x, view):
            raise UndecidedError(node)
        return flat(amount_of((node, frozenset(x.items())), node, view))
    cuts = [((bound, False), i) for i, (bound, _, _) in enumerate(pieces) if bound is not None]

    def drawn(index: Value) -> Course:
        number = number_in(index) if isinstance(index, Mapping) else None
        _, height, rise = pieces[int(number or 0)]
        return flat(plus(plain(height), scaled(x, rise)))

    return spread(_inverted(cuts, *line, param, view), drawn)
