"""The whole judgement: from the rows of every table to the slip of every subject."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from zoneinfo import ZoneInfo

from kpi_engine.reference.formulas import Evaluator, Watch
from kpi_engine.reference.groups import Month
from kpi_engine.reference.lookups import Key, Shelf
from kpi_engine.reference.metrics import (
    Account,
    JudgedRow,
    MetricValue,
    account_metric,
    judge_rows,
    measure_metric,
)
from kpi_engine.reference.moments import Calendar, read_period
from kpi_engine.reference.roster import roster_rows
from kpi_engine.reference.rows import MadeTable, make_tables
from kpi_engine.reference.slips import Desk, Slip, fill_slips
from kpi_engine.reference.values import Row
from kpi_engine.ruleset.checked import Metric, Ruleset


@dataclass(frozen=True, slots=True)
class Judgement:
    """The slip of every subject by key, the account of every metric that comes from rows.

    ``tables`` are the rows of every table, whatever their period; ``judged`` the candidates of
    every such metric with the verdict on each.
    """

    subjects: Mapping[Key, Slip]
    accounts: Mapping[str, Account]
    tables: Mapping[str, MadeTable]
    judged: Mapping[str, Sequence[JudgedRow]]


def judge(  # noqa: PLR0913 (the last ones are given by name)
    ruleset: Ruleset,
    tables: Mapping[str, Sequence[Row]],
    period: str,
    given: Mapping[Key, Row] | None = None,
    history: Sequence[Row] = (),
    *,
    watch: Watch | None = None,
) -> Judgement:
    """Return what the ruleset says about every subject of the roster.

    ``tables`` are the accepted rows of the inputs, whatever their period, values as in ``values``.
    ``given`` are values by subject and name (metrics, ``score``, roster columns) that are taken as
    they are; a subject that is given and not on the roster is judged too, with no other columns.
    ``history`` are months of subjects as results show them: the columns of the key, the month under
    ``period``, and values by name, unknown where they are missing. ``watch`` is told what is met.

    Raises:
        ValueError: if the period is no month.
        DataError: if the roster holds a subject twice.
    """
    given = given or {}
    calendar = Calendar(ZoneInfo(ruleset.zone), ruleset.day_starts)
    month = read_period(period)
    shelf = Shelf(ruleset.tables)
    of_rows = Evaluator(calendar, ruleset.params, look_up=shelf.value, watch=watch)
    made = make_tables(ruleset, tables, shelf, of_rows)
    subject = ruleset.subject
    roster = roster_rows(ruleset, made[subject.table].rows, month, of_rows)
    columns = dict.fromkeys(ruleset.tables[subject.table].types)
    for key in given:
        roster.setdefault(key, {**columns, **dict(zip(subject.key, key, strict=True))})

    gathered: dict[str, dict[Key, MetricValue]] = {}
    accounts: dict[str, Account] = {}
    judged: dict[str, Sequence[JudgedRow]] = {}
    for name, metric in ruleset.metrics.items():
        if metric.table is not None:
            who = owners(metric, subject.key, roster)
            rows = judge_rows(metric, made[metric.table], month, set(who.values()), of_rows)
            values = measure_metric(metric, rows, who.values(), month, of_rows)
            gathered[name] = {key: values[owner] for key, owner in who.items()}
            accounts[name] = account_metric(metric, made[metric.table].table, rows)
            judged[name] = rows
    lower = {name for name, metric in ruleset.metrics.items() if metric.lower}
    lower |= {f"{name}.{n}" for name, table in ruleset.tables.items() for n in table.lower}
    today: Row = {"period": month.month, "day": month.last_day}
    evaluator = Evaluator(
        calendar,
        ruleset.params,
        frozenset(lower),
        look_up=lambda names, name: shelf.value({**names, **today}, name),
        today=month.last_day,
        watch=watch,
    )
    past = [_month_of(ruleset, row) for row in history]
    desk = Desk(ruleset, gathered, given, month.month, past, evaluator)
    slips = fill_slips(desk, roster)
    return Judgement(slips, accounts, made, judged)


def owners(metric: Metric, key: Sequence[str], roster: Mapping[Key, Row]) -> dict[Key, Key]:
    """Return whose rows the value of a metric is of: a subject's own, or those of her group."""
    names = key if metric.group is None else metric.key
    return {subject: tuple(row[name] for name in names) for subject, row in roster.items()}


def _month_of(ruleset: Ruleset, row: Row) -> Month:
    unsaid = dict.fromkeys((*ruleset.metrics, "score", "pay"))
    key = tuple(row[name] for name in ruleset.subject.key)
    return Month(key, cast("int", row["period"]), {**unsaid, **row})
