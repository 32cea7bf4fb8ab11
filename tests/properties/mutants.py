"""Deliberate faults in how the plan is lowered, each with the fixed example that has to catch it."""

from dataclasses import dataclass
from operator import ge, gt, le

import polars as pl
from tests.properties.faults import (
    Inject,
    cut_off,
    default_wins,
    drops_forgotten,
    gathered,
    half_even,
    half_up,
    hours,
    in_floats,
    last_day_lost,
    lowered,
    mean_keeps_scale,
    reciprocal,
    rounding,
    unknown_keys_lost,
    unknown_passes,
    unsigned,
    written,
)
from tests.properties.pinned import Pinned, event, person, pinned

from kpi_engine.language import core, quotients
from kpi_engine.language.core import whole
from kpi_engine.plan import lowering


@dataclass(frozen=True, slots=True)
class Mutant:
    """A fault, how it gets into the plan, and the example that catches it."""

    fault: str
    inject: Inject
    example: Pinned


MUTANTS = (
    Mutant(
        "division by a reciprocal",
        lowered("floordiv", reciprocal),
        pinned("metrics: {m: 'floor(deep / 49, 1)'}", [person(deep=49)]),
    ),
    Mutant(
        "division in floats",
        lowered("floordiv", in_floats),
        pinned("metrics: {m: deep / 3}", [person(deep=2**53 - 1)]),
    ),
    Mutant(
        "division cut off towards zero",
        lowered("floordiv", cut_off),
        pinned("metrics: {m: 'floor(goal, 1)'}", [person(goal="-2.5")]),
    ),
    Mutant(
        "unsigned counts",
        unsigned,
        pinned(
            "metrics: {m: {from: events, value: count(good) - count()}}",
            [person()],
            [event(good=False)],
        ),
    ),
    Mutant(
        "halves rounded to even",
        rounding(half_even),
        pinned("pay: {lines: {half: wage / 2}}", [person(wage=5)]),
    ),
    Mutant(
        "halves rounded up",
        rounding(half_up),
        pinned("pay: {lines: {half: wage / 2}}", [person(wage=-5)]),
    ),
    Mutant(
        "sums of floats",
        gathered("sum", lambda taken: taken.cast(pl.Float64).sum().cast(pl.Int128)),
        pinned(
            "metrics: {m: {from: events, value: sum(amount)}}",
            [person()],
            [event(amount=2**53), event(amount=1)],
        ),
    ),
    Mutant(
        "a mean that keeps the scale of its column",
        mean_keeps_scale,
        pinned(
            "metrics: {m: {from: events, value: mean(amount)}}",
            [person()],
            [event(amount=1), event(amount=1), event(amount=2)],
        ),
    ),
    Mutant(
        "the lower middle for the median",
        gathered(
            "upper_middle", lambda taken: taken.quantile(0.5, interpolation="lower").cast(pl.Int64)
        ),
        pinned(
            "metrics: {m: {from: events, value: median(wait)}}",
            [person()],
            [event(wait=1), event(wait=2)],
        ),
    ),
    Mutant(
        "unknown counted as a value",
        gathered("distinct", lambda taken: taken.n_unique().cast(pl.Int64)),
        pinned(
            "  made: {from: events, per: [who], add: {kinds: distinct(kind)}}\n"
            "metrics: {m: {from: made, value: max(kinds)}}",
            [person()],
            [event(kind="x"), event()],
        ),
    ),
    Mutant(
        "division by zero not guarded",
        lowered("nonzero", lambda operand: operand),
        pinned("metrics: {m: 'default(goal / part, 7)'}", [person(goal=1, part=0)]),
    ),
    Mutant(
        "whole numbers that wrap at 64 bits",
        lambda patch: patch.setattr(lowering, "is_wide", lambda _: False),
        pinned("metrics: {m: deep * deep > deep}", [person(deep=2**33)]),
    ),
    Mutant(
        "unknown taken as false by not",
        lowered("not", lambda operand: ~operand.fill_null(value=False)),
        pinned(
            "metrics: {m: {from: events, where: not good, value: count()}}", [person()], [event()]
        ),
    ),
    Mutant(
        "unknown taken as false by or",
        lowered("or", lambda left, right: left.fill_null(value=False) | right),
        pinned(
            "metrics: {m: {from: events, where: good or wait > 5, value: count()}}",
            [person()],
            [event(wait=1)],
        ),
    ),
    Mutant(
        "unknown let through by where",
        unknown_passes,
        pinned(
            "  made: {from: events, where: good}\nmetrics: {m: {from: made, value: count()}}",
            [person()],
            [event(), event(good=True)],
        ),
    ),
    Mutant(
        "a bound of `from` left out",
        lowered("ge", gt),
        pinned("metrics: {m: rates(wage)}", [person(wage=5000)]),
    ),
    Mutant(
        "a bound of `up to` left out",
        lowered("gt", ge),
        pinned("metrics: {m: grades(goal)}", [person(goal=10)]),
    ),
    Mutant(
        "one row more than min_rows asked for",
        lowered("lt", le),
        pinned(
            "metrics: {m: {from: events, value: count(), min_rows: 2}}",
            [person()],
            [event(), event()],
        ),
    ),
    Mutant(
        "the end of hours taken in",
        hours(lambda minute, start, end: (minute >= start) & (minute <= end)),
        pinned(
            "metrics: {m: {from: events, where: at in 08:00-23:00, value: count()}}",
            [person()],
            [event(at="2026-10-05 23:00")],
        ),
    ),
    Mutant(
        "hours over midnight taken as none",
        hours(lambda minute, start, end: (minute >= start) & (minute < end)),
        pinned(
            "metrics: {m: {from: events, where: at in 22:00-06:00, value: count()}}",
            [person()],
            [event(at="2026-10-05 23:59")],
        ),
    ),
    Mutant(
        "days of UTC",
        lambda patch: patch.setattr(lowering, "_wall", lambda instant, _: instant),
        pinned(
            "metrics: {m: {from: events, value: count(day == 2026-10-05)}}",
            [person()],
            [event(at="2026-10-05 07:59")],
        ),
    ),
    Mutant(
        "the end of the month cut off",
        last_day_lost,
        pinned(
            "  made: {from: events, per: [who, day], add: {rows: count()}}\n"
            "metrics: {m: {from: made, value: sum(rows)}}",
            [person()],
            [event(at="2026-10-31 23:59")],
        ),
    ),
    Mutant(
        "default() taken though the value is known",
        default_wins,
        pinned("metrics: {m: 'default(goal, 7)'}", [person(goal=3)]),
    ),
    Mutant(
        "dropped rows grouped all the same",
        drops_forgotten,
        pinned(
            "    drop: {bad: not good}\n"
            "  made: {from: events, per: [who], add: {rows: count()}}\n"
            "metrics: {m: {from: made, value: sum(rows)}}",
            [person()],
            [event(good=True), event(good=False)],
        ),
    ),
    Mutant(
        "groups of an unknown key lost",
        unknown_keys_lost,
        pinned(
            "  made: {from: events, per: [who, kind], add: {rows: count()}}\n"
            "metrics: {m: {from: made, value: sum(rows)}}",
            [person()],
            [event(), event(kind="x")],
        ),
    ),
    Mutant(
        "attain() above 100",
        lambda patch: patch.setattr(quotients, "held_between", lambda value, _, __: value),
        pinned("metrics: {m: 'attain(goal, part)'}", [person(goal=2, part=1)]),
    ),
    Mutant(
        "weights of skipped items kept",
        written("score_assignments", "~weight.", lambda _: whole(2)),
        pinned(
            "score: {empty: skip, items: {x: {points: goal}, z: {points: part}}}", [person(goal=80)]
        ),
    ),
    Mutant(
        "unknown points taken as 0",
        written(
            "score_assignments",
            "points.x",
            lambda points: core.choose(core.known(points), points, whole(0)),
        ),
        pinned("score: {empty: stop, items: {x: {points: goal}}}", [person()]),
    ),
    Mutant(
        "the score rounded before its steps",
        written(
            "score_assignments",
            "~score.num",
            lambda num: core.mul(core.round_away(num, whole(10**6)), whole(10**6)),
        ),
        pinned(
            "score: {empty: skip, items: {x: {points: goal}}, then: {twice: score * 2}}",
            [person(goal="40.4")],
        ),
    ),
    Mutant(
        "the total of pay rounded again",
        written(
            "pay_assignments",
            "pay",
            lambda pay: core.mul(core.round_away(pay, whole(100)), whole(100)),
        ),
        pinned("pay: {lines: {base: wage, more: wage}}", [person(wage=99)]),
    ),
    Mutant(
        "an unknown line of pay taken as 0",
        written(
            "pay_assignments",
            "line.base",
            lambda line: core.choose(core.known(line), line, whole(0)),
        ),
        pinned("pay: {lines: {base: wage, more: 1 CNY}}", [person()]),
    ),
)
