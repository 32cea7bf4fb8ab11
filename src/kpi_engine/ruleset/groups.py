"""Groups: subjects that share a key in a period, or one key over earlier months too."""

import re
from collections.abc import Mapping

from kpi_engine.language.kinds import Type
from kpi_engine.language.scopes import GroupSignature, closest
from kpi_engine.ruleset.checked import Group, Subject, Table
from kpi_engine.ruleset.context import Context
from kpi_engine.ruleset.document import GroupDocument
from kpi_engine.ruleset.sheet import Path, Sheet, key_span, report, span_of
from kpi_engine.text.source import Span

PERIOD, YEAR = "period", "year"
PREVIOUS = "previous"
"""What stands before the dot of a value of last period."""

_WINDOW = re.compile(r"([1-9][0-9]?) months?")


def check_groups(
    context: Context, subject: Subject, roster: Mapping[str, Type], tables: Mapping[str, Table]
) -> dict[str, Group]:
    """Return the groups by name, after noting every mistake in them.

    ``roster`` are the columns of the roster as formulas about a subject see them.
    """
    groups: dict[str, Group] = {}
    for name, document in context.document.groups.items():
        other = "a table" if name in tables else None
        if name == PREVIOUS:
            other = "the period before"
        if other is not None:
            span = key_span(context.sheet, ("groups", name))
            report(context.sheet, "K349", span, name=name, kind="a group", other=other)
        groups[name] = _group(context, name, document, subject, roster)
    if PREVIOUS in tables:
        span = key_span(context.sheet, ("tables", PREVIOUS))
        facts = {"kind": "a table", "other": "the period before"}
        report(context.sheet, "K349", span, name=PREVIOUS, **facts)
    return groups


def _group(
    context: Context,
    name: str,
    document: GroupDocument,
    subject: Subject,
    roster: Mapping[str, Type],
) -> Group:
    sheet, path = context.sheet, ("groups", name)
    columns = [key for key in document.key if key not in {PERIOD, YEAR}]
    of_period, year = PERIOD in document.key, YEAR in document.key
    span = span_of(sheet, path)
    for column in dict.fromkeys(columns):
        place = _span_in_key(sheet, path, document.key.index(column))
        if column not in roster:
            near = closest(column, {*roster, PERIOD, YEAR})
            report(sheet, "K321", place, name=column, table=subject.table, near=near)
        elif roster[column].nullable:
            if column not in subject.key:  # of whom nothing may be unknown, and that is said
                report(sheet, "K322", place, name=column)
        elif not of_period and column not in subject.key and not _is_cut(context, subject):
            report(sheet, "K323", place, name=column)
    months = None
    if document.window is not None:
        window = _WINDOW.fullmatch(document.window)
        if window is None:
            report(sheet, "K325", span_of(sheet, (*path, "window")), text=document.window)
        months = int(window[1]) if window is not None else None
    if of_period and year:
        place = _span_in_key(sheet, path, document.key.index(YEAR))
        report(sheet, "K324", place, key=YEAR)
    if of_period and document.window is not None:
        report(sheet, "K324", key_span(sheet, (*path, "window")), key="window")
    return Group(name, tuple(dict.fromkeys(columns)), of_period, year, months, span)


def _is_cut(context: Context, subject: Subject) -> bool:
    """Return whether the subject's key has names that are no columns, which is said already."""
    return len(subject.key) < len(context.document.subject.key or ())


def _span_in_key(sheet: Sheet, path: Path, index: int) -> Span:
    """Return the place of a column of a group's key, written bare or under `key`."""
    under = (*path, "key")
    start = under if under in sheet.node_by_path else path
    return span_of(sheet, (*start, index))


def signatures_of(groups: Mapping[str, Group], subject: Subject) -> dict[str, GroupSignature]:
    """Return what formulas have to know of the groups."""
    own = set(subject.key)
    return {
        name: GroupSignature(
            not group.of_period, own <= set(group.key), frozenset(_holding(group, groups)), set()
        )
        for name, group in groups.items()
    }


def _holding(group: Group, groups: Mapping[str, Group]) -> list[str]:
    """Return the groups of a period that hold whoever a group holds: her shop holds a team."""
    others = (other for other in groups.values() if group.of_period and other.of_period)
    return [other.name for other in others if set(other.key) <= set(group.key)]
