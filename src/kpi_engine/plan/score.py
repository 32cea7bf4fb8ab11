"""The score as columns: points, weighted sums, steps, limits, rounding, and parts that add up."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kpi_engine.language import core, quotients
from kpi_engine.language.core import Core, Rational, Value, whole
from kpi_engine.language.exact import Environment, exact_value
from kpi_engine.plan.nodes import Assignment, Assignments
from kpi_engine.plan.readings import (
    FALSE,
    TRUE,
    all_of,
    any_of,
    named_environment,
    negated,
    text,
)
from kpi_engine.ruleset.checked import Formula, Item, Pool, Score
from kpi_engine.ruleset.kept import POINTS_GRID, points_value
from kpi_engine.ruleset.wholes import whole_leaves, whole_weights

HIGHEST = 100
_FULL = HIGHEST * POINTS_GRID


@dataclass(slots=True)
class _Sheet:
    """The columns of a score as they are written, and what decides whether there is one."""

    environment: Environment
    weights: Mapping[str, Core]
    assignments: list[Assignment] = field(default_factory=list)
    outside: list[Core] = field(default_factory=list)
    stopped: list[Core] = field(default_factory=list)
    points: dict[str, Core] = field(default_factory=dict)


def score_assignments(
    score: Score, pool: Pool | None, values: Mapping[str, Value], constants: Environment
) -> tuple[Assignments, tuple[str, ...]]:
    """Return the columns of the score, those inside included, and the names of the public ones."""
    sheet = _Sheet(named_environment(constants, values), _weights(score, pool))
    raw = _kept_fraction(sheet, "~score", _group(sheet, score.items, ""))
    steps = _steps(sheet, score, raw, values, constants)
    last = steps[-1][1] if steps else raw
    held = quotients.held_between(last, 0, HIGHEST) if steps else last
    grid = 10**score.places
    rounded = core.round_to_grid(held.num, held.den, grid)
    ok = _status(sheet, score, pool, raw, last)
    kept = core.choose(ok, rounded, core.UNKNOWN_WHOLE)
    total = _kept(sheet, "score", Core(kept.op, kept.args, 0, HIGHEST * grid))
    parts = dict(_parts(sheet, score.items, "", Rational(core.ONE, core.ONE)))
    before = raw
    for name, after in steps:
        parts[f"step.{name}"] = quotients.difference_to_grid(after, before, POINTS_GRID)
        before = after
    if steps:
        parts["part.limits"] = quotients.difference_to_grid(held, last, POINTS_GRID)
    columns = [
        _kept(sheet, name, core.choose(ok, part, core.UNKNOWN_WHOLE))
        for name, part in parts.items()
    ]
    rounding = core.round_away(core.mul(total, whole(POINTS_GRID)), whole(grid))
    for column in columns:
        rounding = core.sub(rounding, column)
    _kept(sheet, "part.rounding", rounding)
    points = [f"points.{path}" for path in sheet.points]
    public = (*points, *parts, "part.rounding", "score", "score.status")
    return tuple(sheet.assignments), public


def _kept(sheet: _Sheet, name: str, made: Core) -> Core:
    """Return a column that now stands on the sheet."""
    sheet.assignments.append(Assignment(name, made))
    return Core("column", (name,), made.low, made.high)


def _kept_fraction(sheet: _Sheet, name: str, value: Rational) -> Rational:
    num = _kept(sheet, f"{name}.num", value.num)
    if core.constant(value.den) is not None or value.den.op == "column":
        return Rational(num, value.den)
    return Rational(num, _kept(sheet, f"{name}.den", value.den))


def _millionths(value: Rational) -> Core:
    return core.round_to_grid(value.num, value.den, POINTS_GRID)


def _weights(score: Score, pool: Pool | None) -> dict[str, Core]:
    """Return the weights of all items by path, those of siblings over one denominator."""
    weights = {path: whole(weight) for path, weight in whole_weights(score.items).items()}
    return weights if pool is None else {**weights, **pool.weights}


def _group(sheet: _Sheet, items: tuple[Item, ...], path: str) -> Rational:
    """Return the weighted mean of the items that count, in points; unknown where none does."""
    nums, dens = [], []
    for item in items:
        points, weight = _points(sheet, item), sheet.weights[item.path]
        counts = core.known(points)
        nums.append(core.choose(counts, core.mul(points, weight), whole(0)))
        dens.append(core.choose(counts, weight, whole(0)))
    num = _kept(sheet, f"~sum.{path}", _total(nums))
    den = _kept(sheet, _divisor_name(path), core.positive(_total(dens)))
    return Rational(num, core.mul(den, whole(POINTS_GRID)))


def _divisor_name(path: str) -> str:
    return f"~weight.{path}"


def _total(terms: list[Core]) -> Core:
    total = terms[0]
    for term in terms[1:]:
        total = core.add(total, term)
    return total


def _points(sheet: _Sheet, item: Item) -> Core:
    """Return the points of an item that count: unknown where it is skipped or stops the score."""
    outside, stopped = len(sheet.outside), len(sheet.stopped)
    if item.points is not None:
        own = points_value(exact_value(item.points.node, sheet.environment))
    else:
        mean = _millionths(_group(sheet, item.children, item.path))
        own = Core(mean.op, mean.args, 0, _FULL)
    own = _kept(sheet, _own_name(item), own)
    points = own
    if isinstance(item.empty, Formula):
        spare = points_value(exact_value(item.empty.node, sheet.environment))
        points = core.choose(core.known(own), own, spare)
    refused = any_of((*sheet.outside[outside:], *sheet.stopped[stopped:]))
    if refused != FALSE:
        points = core.choose(refused, core.UNKNOWN_WHOLE, points)
    points = _kept(sheet, f"points.{item.path}", points)
    if item.empty != "skip":
        sheet.stopped.append(negated(core.known(points)))
    sheet.points[item.path] = points = _inside(sheet, item, points)
    return points


def _inside(sheet: _Sheet, item: Item, points: Core) -> Core:
    """Return points that lie in 0 to 100; others refuse the score and are held by nothing."""
    low, high = core.bounds(points)
    if low >= 0 and high <= _FULL:
        return points
    below, above = core.compare("lt", points, whole(0)), core.compare("gt", points, whole(_FULL))
    outside = Core("or", (below, above))
    sheet.outside.append(core.choose(outside, TRUE, FALSE))
    inside = core.choose(outside, core.UNKNOWN_WHOLE, points)
    return _kept(sheet, f"~inside.{item.path}", Core(inside.op, inside.args, 0, _FULL))


def _own_name(item: Item) -> str:
    return f"~own.{item.path}"


def _steps(
    sheet: _Sheet,
    score: Score,
    raw: Rational,
    values: Mapping[str, Value],
    constants: Environment,
) -> list[tuple[str, Rational]]:
    """Return the running score after every step; once unknown, unknown."""
    running = _kept_fraction(sheet, "~score", raw)
    steps = []
    for name, formula in score.steps:
        environment = named_environment(constants, {**values, "score": running})
        after = quotients.as_rational(exact_value(formula.node, environment))
        num = core.choose(core.known(running), after.num, core.UNKNOWN_WHOLE)
        running = _kept_fraction(sheet, f"~after.{name}", Rational(num, after.den))
        steps.append((name, running))
    return steps


def _status(sheet: _Sheet, score: Score, pool: Pool | None, raw: Rational, last: Rational) -> Core:
    """Return whether there is a score, having written why not: the first reason that applies."""
    reasons = [
        ("out_of_range", any_of(tuple(sheet.outside))),
        ("stopped", any_of(tuple(sheet.stopped))),
        ("no_points", negated(core.known(raw))),
        ("needs", _short(score, pool)),
        ("unknown", negated(core.known(last))),
    ]
    status = text("ok")
    for reason, applies in reversed(reasons):
        if applies != FALSE:
            status = core.choose(applies, text(reason), status)
    return core.compare("eq", _kept(sheet, "score.status", status), text("ok"))


def _short(score: Score, pool: Pool | None) -> Core:
    """Return whether less of the weight is known than the score needs."""
    if score.needs is None:
        return FALSE
    wholes, common = whole_leaves(score.items)
    leaves = {path: whole(weight) for path, weight in wholes.items()}
    needed = whole(score.needs.numerator * common)
    if pool is not None and pool.needed is not None:
        leaves, needed = {**leaves, **pool.leaves}, pool.needed
    known = [
        core.choose(Core("known", (Core("column", (f"~own.{path}",), 0, _FULL),)), weight, whole(0))
        for path, weight in leaves.items()
    ]
    return core.compare("lt", core.mul(_total(known), whole(score.needs.denominator)), needed)


def _parts(
    sheet: _Sheet, items: tuple[Item, ...], path: str, above: Rational
) -> Iterator[tuple[str, Core]]:
    """Return what every leaf brings into the score, in millionths of a point.

    So does a group whose `empty` gives points: it brings those where none of its items counts.
    ``above`` is the share of the whole that the items divide among themselves.
    """
    weights = [sheet.weights[item.path] for item in items]
    total = sum(core.bounds(weight)[1] for weight in weights)
    divisor = Core("column", (_divisor_name(path),), 1, total)
    for item, weight in zip(items, weights, strict=True):
        share = Rational(core.mul(above.num, weight), core.mul(above.den, divisor))
        points = sheet.points[item.path]
        brought = core.round_away(core.mul(share.num, points), share.den)
        if not item.children:
            counts = core.known(points)
            yield f"part.{item.path}", core.choose(counts, brought, whole(0))
            continue
        if isinstance(item.empty, Formula):
            own = core.known(Core("column", (_own_name(item),), 0, _FULL))
            stands_in = all_of((core.known(points), negated(own)))
            yield f"part.{item.path}", core.choose(stands_in, brought, whole(0))
        yield from _parts(sheet, item.children, item.path, share)
