"""What a change of a ruleset does: what it says otherwise."""

from dataclasses import dataclass
from pathlib import Path

from kpi_engine.review.comparison import RuleChange, Side, compare_files


@dataclass(frozen=True, slots=True)
class Diff:
    """What differs between an old ruleset and a new one."""

    old: Side
    new: Side
    changes: tuple[RuleChange, ...]


def diff_files(old: str | Path, new: str | Path) -> Diff:
    """Return what a change of a ruleset does.

    Raises:
        RulesetError: one of the files cannot be used; the error holds every finding.
        DataError: a revision cannot be read.
    """
    compared = compare_files(old, new)
    return Diff(*compared.sides, compared.changes)
