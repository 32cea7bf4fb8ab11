"""What formulas say of a group or of last period, from the values of every subject."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import pairwise
from math import floor
from typing import Any, cast

from kpi_engine.language import ir
from kpi_engine.language.printer import print_formula
from kpi_engine.language.syntax import Call, Name
from kpi_engine.reference.formulas import Evaluator
from kpi_engine.reference.functions import AGGREGATES
from kpi_engine.reference.lookups import Key
from kpi_engine.reference.metrics import MetricValue, settle, settled
from kpi_engine.reference.values import Row, Value, unknown_last
from kpi_engine.ruleset.checked import Formula, Group, Metric

PREVIOUS = "previous"
"""What stands before the dot of a value of the month before."""


Highest = Sequence[bool]
"""Of each value that is compared whether the highest is the best."""


@dataclass(frozen=True, slots=True)
class Month:
    """A month of a subject, year * 12 + month - 1, and what formulas about it name."""

    key: Key
    month: int
    names: Row


@dataclass(frozen=True, slots=True)
class Member:
    """A month of a subject in a group, and what the arguments of a call are in it."""

    key: Key
    month: int
    values: tuple[Value, ...]


def asked_group(metric: Metric) -> str | None:
    """Return the group that a metric asks, if it is what one call says of a group."""
    node = metric.value.node
    return node.group if isinstance(node, ir.Across) else None


def last_name(metric: Metric) -> str | None:
    """Return what a metric reads of the month before, None where it is no such value."""
    tree = metric.value.tree if isinstance(metric.value, Formula) else None
    if isinstance(tree, Name) and tree.prefix == PREVIOUS and print_formula(tree) == metric.name:
        return tree.name
    return None


def is_of_group(group: Group, now: int, month: int) -> bool:
    """Return whether a group of this month holds an earlier one too.

    >>> from kpi_engine.text.source import Source, Span
    >>> year = Group("year", ("who",), False, True, None, Span(Source("", ""), 0, 0))
    >>> is_of_group(year, 2026 * 12 + 2, 2026 * 12), is_of_group(year, 2026 * 12, 2025 * 12 + 11)
    (True, False)
    """
    if group.of_period or month >= now:
        return False
    recent = group.months is None or now - month < group.months
    return recent and (not group.year or month // 12 == now // 12)


def ask_group(
    metric: Metric,
    group: Group,
    present: Sequence[Month],
    past: Sequence[Month],
    evaluator: Evaluator,
) -> dict[Key, MetricValue]:
    """Return what a metric says of a group, by subject of the present month.

    ``past`` are earlier months that belong to the group, of anybody.
    """
    rule = cast("Formula", metric.value)
    call, node = cast("Call", rule.tree), cast("ir.Across", rule.node)
    prefer = () if metric.standing is None else metric.standing.prefer
    trees = (*call.arguments[:-1], *(preference.formula.tree for preference in prefer))
    together: dict[Key, list[Member]] = {}
    for each in (*present, *past):
        said = zip((evaluator.value(tree, each.names) for tree in trees), node.args, strict=True)
        values = tuple(settled(value, arg.type.kind) for value, arg in said)
        member = Member(each.key, each.month, values)
        together.setdefault(_key_of(group, each), []).append(member)
    highest = (not evaluator.is_lower(trees[0]), *(each.highest for each in prefer))
    answer = ACROSS.get(call.function)
    if metric.standing is not None:
        answer = partial(_places, shares=metric.standing.shares)
    elif answer is None:
        answer = partial(_gathered, call.function)
    answers = {key: answer(members, highest) for key, members in together.items()}
    found: dict[Key, MetricValue] = {}
    for each in present:
        key = _key_of(group, each)
        value = settle(metric, answers[key][each.key])
        n = len(_known(together[key]))
        found[each.key] = MetricValue(value, "unknown" if value is None else "ok", n)
    return found


def _key_of(group: Group, month: Month) -> Key:
    return tuple(month.names[name] for name in group.key)


def _known(members: Sequence[Member]) -> list[Member]:
    return [member for member in members if member.values[0] is not None]


def _gathered(function: str, members: Sequence[Member], _: Highest) -> dict[Key, Value]:
    value = AGGREGATES[function]([member.values[0] for member in _known(members)])
    return dict.fromkeys((member.key for member in members), value)


def _beaten(members: Sequence[Member], highest: Highest) -> dict[Key, Value]:
    """Return the part of the others who are worse, a tie counting half."""
    count = Counter(cast("Fraction", member.values[0]) for member in _known(members))
    found: dict[Key, Value] = dict.fromkeys(member.key for member in members)
    others = count.total() - 1
    for member in _known(members) if others else ():
        mine = cast("Fraction", member.values[0])
        worse = sum(n for x, n in count.items() if (x < mine if highest[0] else x > mine))
        found[member.key] = Fraction(2 * worse + count[mine] - 1, 2 * others)
    return found


def _places(
    members: Sequence[Member], highest: Highest, shares: Sequence[Fraction]
) -> dict[Key, Value]:
    """Return one more than those who are better; with shares of the seats, the band of that."""
    ranks = {member.key: _rank(member, highest) for member in _known(members)}
    count = Counter(ranks.values())
    found: dict[Key, Value] = dict.fromkeys(member.key for member in members)
    for key, mine in ranks.items():
        place = 1 + sum(n for rank, n in count.items() if rank < mine)
        found[key] = Fraction(_band(place, len(ranks), shares) if shares else place)
    return found


def _rank(member: Member, highest: Highest) -> tuple[tuple[bool, Value], ...]:
    """Return what sorts the best first, of each value the unknown last."""
    exact = [cast("Fraction | None", value) for value in member.values]
    return tuple(
        unknown_last(-value if high and value is not None else value)
        for value, high in zip(exact, highest, strict=True)
    )


def _band(place: int, number: int, shares: Sequence[Fraction]) -> int:
    """Return the first band whose seats, with those of the better bands, reach to a place."""
    parts = [after - before for before, after in pairwise((Fraction(0), *shares, Fraction(1)))]
    seats = _largest_remainders(number, parts, range(len(parts)))
    band = 1
    while band < len(parts) and place > sum(seats[:band]):
        band += 1
    return band


def _parts(members: Sequence[Member], _: Highest) -> dict[Key, Value]:
    """Return everybody's part of her amount, which is one for all, by weight among the weights."""
    weights = [cast("Fraction", member.values[1]) for member in members]
    keys = [member.key for member in members]
    amount, total = cast("Fraction | None", members[0].values[0]), sum(weights, Fraction(0))
    if amount is None or total == 0 or min(weights) < 0:
        return dict.fromkeys(keys)
    parts = _largest_remainders(int(abs(amount)), [each / total for each in weights], keys)
    return {
        key: Fraction(-part if amount < 0 else part) for key, part in zip(keys, parts, strict=True)
    }


def _largest_remainders(number: int, parts: Sequence[Fraction], order: Sequence[Any]) -> list[int]:
    """Return whole numbers by parts of 1: what is left over goes to the largest remainders.

    Of equal ones it goes to the first in order.
    """
    shares = [floor(number * part) for part in parts]
    rests = [number * part - share for part, share in zip(parts, shares, strict=True)]
    first = sorted(range(len(parts)), key=lambda place: (-rests[place], order[place]))
    for place in first[: number - sum(shares)]:
        shares[place] += 1
    return shares


def _longest_run(members: Sequence[Member], _: Highest) -> dict[Key, Value]:
    """Return the most trues that no false stands between, in months of one subject."""
    longest = run = 0
    for member in sorted(members, key=lambda member: member.month):
        (condition,) = member.values
        if condition is not None:
            run = run + 1 if condition else 0
        longest = max(longest, run)
    return dict.fromkeys((member.key for member in members), Fraction(longest))


ACROSS: dict[str, Callable[[Sequence[Member], Highest], Mapping[Key, Value]]] = {
    "beats": _beaten,
    "split": _parts,
    "longest_run": _longest_run,
}
"""The functions that say something else to each member of a group, by name."""
