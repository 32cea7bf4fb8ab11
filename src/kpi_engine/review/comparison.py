"""Two rulesets compared: what the newer one says otherwise, value by value."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from kpi_engine.review.effective import Said
from kpi_engine.review.meaning import Meaning, Meant, meant_by_path
from kpi_engine.review.revisions import Opened, known_name

RuleStanding = Literal["added", "removed", "changed"]

_ORDERS = frozenset({("score", "then"), ("pay", "then")})
"""The paths of orders, of which each name stands for a value of its own too."""


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A value that two rulesets say differently, and where each says it; None where it does not."""

    path: tuple[str, ...]
    standing: RuleStanding
    before: Said | None
    after: Said | None


@dataclass(frozen=True, slots=True)
class Side:
    """One of two rulesets that are compared: as it was named, and what it says it is.

    ``files`` are those it was read from, its own first.
    """

    given: str
    ruleset: str
    version: str | None
    files: tuple[str, ...]


def compare_openings(
    old: tuple[str | Path, Opened], new: tuple[str | Path, Opened]
) -> tuple[tuple[Side, Side], tuple[RuleChange, ...]]:
    """Return two rulesets as they were named, and what differs between them."""
    changes = compare_meanings(_meant(old[1]), _meant(new[1]))
    return (_side(*old), _side(*new)), changes


def _side(given: str | Path, opened: Opened) -> Side:
    ruleset = opened.ruleset
    name = given.as_posix() if isinstance(given, Path) else given
    files = tuple(known_name(opened, layer.path) for layer in ruleset.layers)
    return Side(name, ruleset.name, ruleset.version, files)


def _meant(opened: Opened) -> dict[tuple[str, ...], Meant]:
    sheet = opened.loaded.sheet
    meant = meant_by_path(opened.ruleset, sheet) if sheet is not None else {}
    return {
        path: Meant(value.meaning, replace(value.said, file=known_name(opened, value.said.file)))
        for path, value in meant.items()
    }


def compare_meanings(
    old: dict[tuple[str, ...], Meant], new: dict[tuple[str, ...], Meant]
) -> tuple[RuleChange, ...]:
    """Return the values that mean something else, in the order of the newer ruleset.

    What it no longer has comes last. Of steps the order has changed where those that both have come
    in another one.
    """
    changes: list[RuleChange] = []
    for path in dict.fromkeys((*new, *old)):
        before, after = old.get(path), new.get(path)
        if path in _ORDERS and not _another_order(before, after):
            continue
        if before is None and after is not None:
            changes.append(RuleChange(path, "added", None, after.said))
        elif before is not None and after is None:
            changes.append(RuleChange(path, "removed", before.said, None))
        elif before is not None and after is not None and before.meaning != after.meaning:
            changes.append(RuleChange(path, "changed", before.said, after.said))
    return tuple(changes)


def _another_order(before: Meant | None, after: Meant | None) -> bool:
    if before is None or after is None:
        return False
    names = (_names(before.meaning), _names(after.meaning))
    both = frozenset(names[0]).intersection(names[1])
    first, second = ([name for name in each if name in both] for each in names)
    return first != second


def _names(meaning: Meaning) -> tuple[object, ...]:
    return meaning if isinstance(meaning, tuple) else ()
