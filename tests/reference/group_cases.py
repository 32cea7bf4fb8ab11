"""Groups by hand: what a formula says of each subject, figures of the published examples first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tests.properties.pinned import Pinned
from tests.properties.pinned_groups import grouped, member, month, sold

from kpi_engine.reference.values import Row, Value


@dataclass(frozen=True, slots=True)
class GroupCase:
    """A claim, a ruleset with its rows, and what metric ``m`` is of each subject, by ``who``."""

    claim: str
    example: Pinned
    values: Mapping[str, Value]


def case(
    claim: str,
    rule: str,
    people: Sequence[Row],
    values: Sequence[int | str | None],
    *,
    more: str = "",
    events: Sequence[Row] = (),
    history: tuple[Row, ...] = (),
) -> GroupCase:
    """Return a case of one rule; the values are in the order of the people."""
    example = grouped(f"metrics:\n  m: {rule}\n{more}", [*people], [*events], history)
    exact = [None if value is None else Fraction(value) for value in values]
    return GroupCase(claim, example, dict(zip((str(p["who"]) for p in people), exact, strict=True)))


def with_goals(*goals: int | str | None) -> list[Row]:
    """Return people of one shop with these goals, in the order of their keys."""
    return [member(f"p{place:02}", goal=goal) for place, goal in enumerate(goals)]


def with_parts(*parts: int | str) -> list[Row]:
    """Return people of one shop with these parts, in the order of their keys."""
    return [member(f"p{place:02}", part=part) for place, part in enumerate(parts)]


SHARES = "{of: goal, over: shop, top 30%: 1, top 90%: 2, else: 3}"
PLACES = "{of: goal, over: shop, top 1: 1, top 2: 2, top 3: 3, else: 9}"


def of_seats(best: int, middle: int, last: int) -> GroupCase:
    """Return so many people, all different, in bands of so many."""
    number = best + middle + last
    bands = [1] * best + [2] * middle + [3] * last
    return case(
        f"{number} seats are {best}, {middle} and {last}",
        SHARES,
        with_goals(*range(number, 0, -1)),
        bands,
    )


CASES = (
    of_seats(3, 6, 1),
    of_seats(2, 4, 1),
    of_seats(2, 3, 0),
    of_seats(0, 1, 0),
    of_seats(1, 1, 0),
    case(
        "6,000.00 by 92, 85 and 78",
        "split(6000 CNY, part, shop)",
        with_parts(92, 85, 78),
        [216471, 200000, 183529],
    ),
    case(
        "100.00 by equal scores, the first key has the cent that is left",
        "split(100 CNY, part, shop)",
        with_parts(7, 7, 7)[::-1],
        [3333, 3333, 3334],
    ),
    case(
        "a pool below zero is shared as one above zero",
        "split(-100 CNY, part, shop)",
        with_parts(7, 7, 7),
        [-3334, -3333, -3333],
    ),
    case(
        "2,000.00 over eight",
        "split(40000 CNY * 5%, 1 if part > 0 else 0, shop)",
        with_parts(*range(1, 9)),
        [25000] * 8,
    ),
    case(
        "keys are in order by code point",
        "split(0.01 CNY, part, shop)",
        [member("é"), member("z"), member("Z"), member("客")],
        [0, 0, 1, 0],
    ),
    case(
        "who weighs nothing has nothing, all together none have anything to share",
        "split(1 CNY, part, team)",
        [member("a", part=0), member("b", part=1), member("c", team="u", part=0)],
        [0, 100, None],
    ),
    case(
        "a weight below zero is no share of anything",
        "split(1 CNY, part, shop)",
        with_parts(3, -1),
        [None, None],
    ),
    case("a tie counts half", "beats(goal, shop)", with_goals(1, 2, 2, 5), ["0", "1/2", "1/2", 1]),
    case(
        "a call of its own is the same as one beside others",
        "beats(goal, shop)",
        with_goals(1, 2),
        [0, 1],
        more="  x: beats(goal, shop) + 1\n  z: beats(goal, shop)",
    ),
    case(
        "a call that another metric has asked before is asked once",
        "x - z + beats(goal, shop)",
        with_goals(1, 2),
        [1, 2],
        more="  x: beats(goal, shop) + 1\n  z: beats(goal, shop)",
    ),
    case("alone nobody is beaten", "beats(goal, shop)", with_goals(5, None), [None, None]),
    case(
        "all equal beat half of the others",
        "beats(goal, shop)",
        with_goals(5, 5, 5),
        ["1/2", "1/2", "1/2"],
    ),
    case(
        "the lowest wins where lower is better",
        "beats(x, shop)",
        with_goals(1, 2, 4),
        [1, "1/2", 0],
        more="  x: {value: goal, better: lower}",
    ),
    case(
        "the lowest comes first where lower is better",
        "{of: x, over: shop, top 1: 1, else: 9}",
        with_goals(1, 2),
        [1, 9],
        more="  x: {value: goal, better: lower}",
    ),
    case(
        "but for that metric by its bare name the highest wins",
        "beats(x + 0, shop)",
        with_goals(1, 2),
        [0, 1],
        more="  x: {value: goal, better: lower}",
    ),
    case(
        "what is better lower is so in the month before too",
        "beats(previous.x, shop)",
        with_goals(None, None),
        [1, 0],
        more="  x: {value: goal, better: lower}",
        history=(month("2026-09", "p00", x=1), month("2026-09", "p01", x=2)),
    ),
    case(
        "and comes first in the month before",
        "{of: previous.x, over: shop, top 1: 1, else: 9}",
        with_goals(None, None),
        [1, 9],
        more="  x: {value: goal, better: lower}",
        history=(month("2026-09", "p00", x=1), month("2026-09", "p01", x=2)),
    ),
    case("equals share a place", PLACES, with_goals(5, 3, 3, 1), [1, 2, 2, 9]),
    case(
        "a preference tells equals apart, the unknown last",
        "{of: goal, over: shop, prefer: [lowest wage, highest part], top 1: 1, top 2: 2, top 3: 3, else: 9}",
        [
            member("a", goal=5, wage=3),
            member("b", goal=5, wage=2),
            member("c", goal=5),
            member("d", goal=5, part=2),
        ],
        [2, 1, 9, 3],
    ),
    case("an unknown value has no place", PLACES, with_goals(None, 1), [None, 1]),
    case(
        "a group is measured again over rows of strangers and of nobody",
        "shop.x",
        [member("a"), member("b"), member("c", "T")],
        ["5", "5", None],
        more="  x: {from: events, value: mean(size)}",
        events=[sold(2), sold(4, "stranger"), sold(9, None), sold(7, "c", "U"), sold(None, "a")],
    ),
    case(
        "everybody is a group, and so are all rows",
        "everybody.x + mean(x, everybody)",
        [member("a"), member("b", "T")],
        ["7/2", "7/2"],
        more="  x: {from: events, value: sum(size) / count()}",
        events=[sold(1), sold(2, "b", "T"), sold(3, None, None)],
    ),
    case(
        "rows of everybody are counted though nothing is read of them",
        "everybody.x",
        [member("a"), member("b", "T")],
        [2, 2],
        more="  x: {from: people, value: count()}",
    ),
    case(
        "everybody has no rows where there are none",
        "1 if everybody.x is known else 0",
        [member("a"), member("b", "T")],
        [0, 0],
        more="  x: {from: events, value: mean(size)}",
    ),
    case(
        "a mean is of the known",
        "mean(goal, shop)",
        with_goals(1, 2, None),
        ["3/2", "3/2", "3/2"],
    ),
    case(
        "of nobody known there is no mean, and the sum is 0",
        "sum(goal, team) if mean(goal, team) is unknown else 7",
        [member("a"), member("b"), member("c", team="u", goal=3)],
        [0, 0, 7],
    ),
    case(
        "a small group has no part in it",
        "beats(goal, team) if count(goal is known, team) >= 3 else unknown",
        [
            *(member(who, goal=goal) for who, goal in zip("abc", (1, 2, 3), strict=True)),
            *(member(who, team="u", goal=goal) for who, goal in zip("de", (1, 2), strict=True)),
        ],
        ["0", "1/2", 1, None, None],
    ),
    case(
        "arguments are settled to a billionth",
        "beats(goal / 3000000000, shop)",
        with_goals(1, "1.1"),
        ["1/2", "1/2"],
    ),
    case(
        "a missing month does not break a run, an unknown one neither",
        "longest_run(x > 0, own)",
        [member("a", goal=1), member("b", goal=0)],
        [4, 2],
        more="  x: goal",
        history=(
            month("2026-09", x=1),
            month("2026-07", x=1),
            month("2026-06"),
            month("2026-05", x=1),
            month("2026-04", x=0),
            month("2026-03", x=1),
            *(month(f"2026-0{number}", "b", x=1) for number in (8, 9)),
        ),
    ),
    case(
        "a window of months ends with this one, a year begins in January",
        "count(x > 0, quarter) + 10 * count(x > 0, year) + 100 * count(x > 0, own)",
        [member("a", goal=1)],
        [2 + 10 * 3 + 100 * 4],
        more="  x: goal",
        history=tuple(
            month(text, x=1) for text in ("2025-12", "2026-01", "2026-08", "2026-10", "2026-11")
        ),
    ),
    case(
        "months may be asked for what was said of a group",
        "sum(mean(x * 0.5, team), own)",
        [member("a", goal=4), member("b", goal=2)],
        ["3/2", "3/2"],
        more="  x: goal",
    ),
    case(
        "the month before is exactly that",
        "default(previous.x, -1)",
        [member("a"), member("b"), member("c")],
        [3, -1, -1],
        more="  x: goal",
        history=(
            month("2026-09", x=3),
            month("2026-08", "b", x=4),
            month("2026-09", "b", "T", x=5),
        ),
    ),
    case(
        "a group over months holds who has left",
        "sum(x, all)",
        [member("a", goal=1), member("b", "T", goal=2)],
        [8, 2],
        more="  x: goal",
        history=(month("2026-09", "gone", x=3), month("2026-08", x=4)),
    ),
)


BONUS = """
metrics:
  m: longest_run(score < 70, year) < 3 and count(score < 70, year) < 4
score: {empty: skip, items: {given: {points: goal}}}
"""


def _years(*years: Sequence[int]) -> Pinned:
    """Return a subject whose score was one after another, month by month, up to this one."""
    months = [
        (f"{2026 + number}-{place:02}", points)
        for number, year in enumerate(years)
        for place, points in enumerate(year, 1)
    ]
    *before, (period, points) = months
    history = tuple(month(earlier, score=then) for earlier, then in before)
    return grouped(BONUS, [member("a", goal=points)], history=history, period=period)


YEARS = tuple(
    GroupCase(claim, _years(*years), {"a": bonus})
    for claim, years, bonus in (
        ("three in a row cost the bonus", [[68, 69, 65, *[80] * 9]], False),
        ("four in the year cost the bonus", [[69, 80] * 4 + [80] * 4], False),
        ("two in a row and three in the year do not", [[69, 69, 80, 69, *[80] * 8]], True),
        ("70 is not below 70", [[70] * 12], True),
        ("the end of one year", [[*[80] * 10, 69, 69]], True),
        ("does not count in the next", [[*[80] * 10, 69, 69], [69]], True),
        ("nor at its end", [[*[80] * 10, 69, 69], [69, *[80] * 11]], True),
    )
)
