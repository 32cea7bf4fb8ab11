"""What becomes of the rows a metric could use: the one place that says so.

Facts gather over the rows that pass, accounts count them, and evidence shows them row by row.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from kpi_engine.language import core, ir
from kpi_engine.language.core import Core, whole
from kpi_engine.language.exact import Environment, exact_value
from kpi_engine.plan.readings import FALSE, TRUE, all_of, negated, single, text
from kpi_engine.plan.tables import DROPPED, TableForm
from kpi_engine.ruleset.checked import Metric, MetricForm

RowVerdict = Literal["used", "filtered", "unknown"]
"""What became of a row of a subject: an ``unknown`` one has an unknown that it takes to decide."""

WHERE, LATEST = "where", "latest"
"""What filters a row that no drop takes: a metric's own condition, or newer rows."""

PASSES, NEWEST = "~passes", "~newest"
"""Whether a metric with ``latest`` could use a row, and whether it is one of the newest then."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The tests a row passes to be used, and the condition that only an unknown keeps it out.

    ``newest`` says that among the rows that could be used only the newest are.
    """

    tests: tuple[Core, ...]
    unknown: Core
    newest: bool = False


def verdict_of(
    metric: Metric, form: MetricForm, table: TableForm, environment: Environment
) -> Verdict:
    """Return the verdict of a metric on the rows of its table, before the newest are found."""
    drops = table.step.drops
    tests = [negated(core.known(_dropped(drops)))] if drops else []
    possible = list(tests)
    known = [
        core.known(exact_value(argument, environment))
        for aggregate in ir.aggregates(metric.value.node)
        for argument in aggregate.args
        if argument.type.nullable
    ]
    uncertain = bool(known)
    if metric.where is not None and form.where is not None:
        where = single(form.where)
        if metric.where.node.type.nullable:
            uncertain = True
            tests.append(core.choose(where, TRUE, FALSE))
            possible.append(core.choose(negated(where), FALSE, TRUE))
        else:
            tests.append(where)
            possible.append(where)
    tests += dict.fromkeys(known)
    unknown = all_of((*possible, negated(all_of(tuple(tests))))) if uncertain else FALSE
    return Verdict(tuple(tests), unknown)


def among_newest(verdict: Verdict) -> Verdict:
    """Return a verdict for rows with `PASSES` and `NEWEST`: what passes is one of the newest."""
    return replace(verdict, tests=(Core("column", (NEWEST,)),), newest=True)


def verdict_word(verdict: Verdict) -> Core:
    """Return the `RowVerdict` of a row that belongs to a subject."""
    other = core.choose(verdict.unknown, text("unknown"), text("filtered"))
    return core.choose(all_of(verdict.tests), text("used"), other)


def filter_name(verdict: Verdict, drops: Sequence[str]) -> Core:
    """Return what filters a row: a drop, `WHERE` or `LATEST`; unknown of one that is not."""
    name = text(WHERE)
    if verdict.newest:
        name = core.choose(Core("column", (PASSES,)), text(LATEST), name)
    for index, drop in enumerate(drops):
        name = core.choose(core.compare("eq", _dropped(drops), whole(index)), text(drop), name)
    kept = core.choose(verdict.unknown, core.UNKNOWN, name)
    return core.choose(all_of(verdict.tests), core.UNKNOWN, kept)


def filter_names(metric: Metric, drops: Sequence[str]) -> list[str]:
    """Return the names of all that can filter a row."""
    where = [] if metric.where is None else [WHERE]
    return [*drops, *where, *([] if metric.latest is None else [LATEST])]


def _dropped(drops: Sequence[str]) -> Core:
    return Core("column", (DROPPED,), 0, len(drops))
