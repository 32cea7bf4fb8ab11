"""Deliberate faults in what is said of groups, each with the example that catches it."""

from tests.properties.faults_of_groups import (
    history_of,
    keys_reversed,
    mean_of_all,
    of_the_roster,
    oneself_beaten,
    place_not_shared,
    remainders_reversed,
    run_broken_by_unknown,
)
from tests.properties.mutants import Mutant
from tests.properties.pinned_groups import grouped, member, month, sold

_SUM_OF_MONTHS = "metrics: {m: 'sum(x, own)', x: goal}"

MUTANTS_OF_GROUPS = (
    Mutant(
        "a place of one's own among equals",
        place_not_shared,
        grouped(
            "metrics: {m: {of: goal, over: shop, top 1: 1, else: 0}}",
            [member("a", goal=3), member("b", goal=3)],
        ),
    ),
    Mutant(
        "a seat left over to the worse of equal bands",
        remainders_reversed,
        grouped(
            "metrics: {m: {of: goal, over: shop, top 30%: 1, top 90%: 2, else: 3}}",
            [member(who, goal=goal) for who, goal in zip("abcde", range(5, 0, -1), strict=True)],
        ),
    ),
    Mutant(
        "oneself among those who are beaten",
        oneself_beaten,
        grouped("metrics: {m: 'beats(goal, shop)'}", [member("a", goal=3), member("b", goal=1)]),
    ),
    Mutant(
        "a mean over those who are unknown",
        mean_of_all,
        grouped("metrics: {m: 'mean(goal, shop)'}", [member("a", goal=3), member("b")]),
    ),
    Mutant(
        "a run broken by an unknown month",
        run_broken_by_unknown,
        grouped(
            "metrics: {m: 'longest_run(x > 0, own)', x: goal}",
            [member("a", goal=1)],
            history=(month("2026-09"), month("2026-08", x=1)),
        ),
    ),
    Mutant(
        "a cent left over to another key than the first",
        keys_reversed,
        grouped(
            "metrics: {m: 'split(0.01 CNY, part, everybody)'}",
            [member("b", "S"), member("a", "T")],
        ),
    ),
    Mutant(
        "this month twice, where history has it too",
        history_of(lambda ago: ago >= 0),
        grouped(
            _SUM_OF_MONTHS,
            [member("a", goal=1)],
            history=(month("2026-10", x=2), month("2026-09", x=4)),
        ),
    ),
    Mutant(
        "months to come",
        history_of(lambda ago: ago != 0),
        grouped(
            _SUM_OF_MONTHS,
            [member("a", goal=1)],
            history=(month("2026-11", x=2), month("2026-09", x=4)),
        ),
    ),
    Mutant(
        "a group measured over the rows of its subjects alone",
        of_the_roster,
        grouped(
            "metrics: {m: shop.x, x: {from: events, value: sum(size)}}",
            [member("a")],
            [sold(1), sold(2, "stranger"), sold(4, None)],
        ),
    ),
)
