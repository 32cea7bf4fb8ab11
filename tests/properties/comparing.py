"""The plan and the reference side by side: every value of every subject, and every account."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal, cast
from zoneinfo import ZoneInfo

import polars as pl

from kpi_engine.execution.columns import storage_type
from kpi_engine.language.exact import NUMBER_SCALE
from kpi_engine.language.kinds import PLAIN, QUANTITIES, Kind
from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.plan.facts import MetricAccount, gather_facts
from kpi_engine.plan.history import past_types
from kpi_engine.plan.nodes import Plan
from kpi_engine.plan.period import period_window
from kpi_engine.plan.slip import settle_slip
from kpi_engine.reference.groups import asked_group
from kpi_engine.reference.judging import Judgement, judge
from kpi_engine.reference.metrics import Account, rows_in_window
from kpi_engine.reference.moments import Calendar, read_period
from kpi_engine.reference.slips import Slip
from kpi_engine.reference.values import Row, Value
from kpi_engine.ruleset.checked import Column, Metric, Ruleset
from kpi_engine.ruleset.kept import COMPOSITE_GRID, MONTH_COLUMN, past_column

Engine = Literal["streaming", "in-memory"]
ENGINES: tuple[Engine, ...] = ("streaming", "in-memory")
Tables = Mapping[str, Sequence[Row]]
Answer = dict[str, Value]
Answers = dict[tuple[Value, ...], Answer]

EPOCH = date(1970, 1, 1)
ACCOUNTS = ("accounts",)
"""The key under which the accounts stand among the answers; no subject is called so."""


def differences(
    ruleset: Ruleset,
    tables: Tables,
    period: str,
    engines: Sequence[Engine] = ENGINES,
    history: Sequence[Row] = (),
) -> list[str]:
    """Return where the plan, on some engine, and the reference answer differently."""
    plan = compile_ruleset(ruleset)
    counted = {step.name for step in plan.tables if step.origin is not None or step.drops}
    expected = reference_answers(ruleset, tables, period, counted, history)
    frames = stored_tables(ruleset, tables)
    past = stored_history(plan, history)
    found: list[str] = []
    for engine in engines:
        answers = plan_answers(plan, frames, period, engine, past)
        found += [f"{engine}: {line}" for line in _differences(expected, answers)]
    return found


def _differences(expected: Answers, answers: Answers) -> list[str]:
    found = [f"{key} is judged by one side alone" for key in expected.keys() ^ answers.keys()]
    for key in expected.keys() & answers.keys():
        mine, other = expected[key], answers[key]
        for name in sorted(mine.keys() | other.keys()):
            missing = "nothing"
            left, right = mine.get(name, missing), other.get(name, missing)
            if left != right or (isinstance(left, bool) != isinstance(right, bool)):
                found.append(f"{key} {name}: reference {left!r}, plan {right!r}")
    return found


def stored_tables(ruleset: Ruleset, tables: Tables) -> dict[str, pl.LazyFrame]:
    """Return the rows of every input table as the plan reads them."""
    return {
        table.name: pl.DataFrame(
            {
                column.name: pl.Series(
                    [stored(column, row[column.name]) for row in tables.get(table.name, ())],
                    dtype=storage_type(column.type.kind),
                )
                for column in table.columns
            }
        ).lazy()
        for table in ruleset.tables.values()
        if table.origin is None
    }


def stored(column: Column, value: Value) -> int | str | bool | None:
    """Return a value as it is kept: whole numbers for all but texts and conditions."""
    match value:
        case None | bool() | str() | int():
            return value
        case date():
            return (value - EPOCH).days
        case Fraction():
            plain = column.type.kind is Kind.NUMBER and not column.type.whole
            kept = value * NUMBER_SCALE if plain else value
            assert kept.denominator == 1
            return kept.numerator
        case tuple():
            raise TypeError(value)


def stored_history(plan: Plan, history: Sequence[Row]) -> pl.DataFrame:
    """Return earlier months as the plan reads them: with the values that it reads of them."""
    ruleset = plan.ruleset
    columns = {column.name: column for column in ruleset.tables[ruleset.subject.table].columns}
    keys = {
        name: pl.Series(
            [stored(columns[name], row[name]) for row in history],
            dtype=storage_type(columns[name].type.kind),
        )
        for name in ruleset.subject.key
    }
    months = pl.Series([cast("int", row["period"]) for row in history], dtype=pl.Int64)
    types = past_types(plan.history)
    values = {
        past_column(name): pl.Series(
            [_kept(kind, row.get(name)) for row in history], dtype=types[past_column(name)]
        )
        for name, kind in plan.history.items()
    }
    return pl.DataFrame({**keys, MONTH_COLUMN: months, **values})


def _kept(kind: Kind, value: Value) -> int | str | bool | None:
    """Return a value of an earlier month as it is kept: numbers in billionths."""
    if isinstance(value, date):
        return (value - EPOCH).days
    if isinstance(value, Fraction):
        kept = value * COMPOSITE_GRID if kind in PLAIN else value
        assert kept.denominator == 1
        return kept.numerator
    return cast("int | str | bool | None", value)


def reference_answers(
    ruleset: Ruleset,
    tables: Tables,
    period: str,
    counted: AbstractSet[str],
    history: Sequence[Row] = (),
) -> Answers:
    """Return what the reference says, by subject, and the accounts, of ``counted`` tables too."""
    judgement = judge(ruleset, tables, period, history=history)
    answers: Answers = {
        key: _slip_answer(ruleset, slip) for key, slip in judgement.subjects.items()
    }
    accounts = _metric_accounts(judgement.accounts)
    return {**answers, ACCOUNTS: accounts | _table_accounts(ruleset, judgement, period, counted)}


def _metric_accounts(accounts: Mapping[str, Account | MetricAccount]) -> Answer:
    """Return every count of every metric, and by name how many rows each filter took."""
    found: Answer = {}
    for name, account in accounts.items():
        for word, count in asdict(account).items():
            if word == "filtered_by":
                found |= {f"metric.{name}.by.{filter_}": n for filter_, n in count.items()}
            else:
                found[f"metric.{name}.{word}"] = count
    return found


def _table_accounts(
    ruleset: Ruleset, judgement: Judgement, period: str, counted: AbstractSet[str]
) -> Answer:
    calendar = Calendar(ZoneInfo(ruleset.zone), ruleset.day_starts)
    month = read_period(period)
    found: Answer = {}
    for name in counted:
        table, made = ruleset.tables[name], judgement.tables[name]
        found[f"table.{name}.made"] = len(made.rows)
        in_window = rows_in_window(made, table.clock, None, month, calendar)
        found[f"table.{name}.in_window"] = len(in_window)
        clock = table.clock
        undated = 0 if clock is None else sum(row.values[clock] is None for row in made.rows)
        found[f"table.{name}.undated"] = undated
        found[f"table.{name}.unmatched"] = made.unmatched
        for drop, _ in table.drop:
            found[f"table.{name}.dropped.{drop}"] = sum(row.dropped == drop for row in made.rows)
    return found


def _slip_answer(ruleset: Ruleset, slip: Slip) -> Answer:
    answer: Answer = {}
    for name, metric in ruleset.metrics.items():
        value = slip.metrics[name]
        answer[f"metric.{name}"] = value.value
        answer[f"metric.{name}.status"] = value.status
        if asked_group(metric) is not None:
            answer[f"metric.{name}.n"] = value.n
        if metric.table is not None:
            answer[f"metric.{name}.n"] = value.n
            answer[f"metric.{name}.n_unknown"] = value.n_unknown
            if metric.type.kind in QUANTITIES:
                answer[f"metric.{name}.measured"] = value.measured
    answer |= {f"points.{path}": _shown(points) for path, points in slip.points.items()}
    answer |= slip.parts
    answer |= {f"line.{name}": amount for name, amount in slip.lines.items()}
    if ruleset.score is not None:
        answer |= {"score": slip.score, "score.status": slip.score_status}
    if ruleset.pay is not None:
        answer |= {"pay": slip.pay, "pay.status": slip.pay_status}
    return answer


def _shown(points: Fraction | None) -> Fraction | None:
    """Return points as they are shown: unknown where 64 bits cannot hold their millionths."""
    return None if points is None or abs(points) * 10**6 >= 2**63 else points


def plan_answers(
    plan: Plan,
    frames: Mapping[str, pl.LazyFrame],
    period: str,
    engine: Engine,
    history: pl.DataFrame | None = None,
) -> Answers:
    """Return what the plan says on an engine, by subject, and the accounts."""
    ruleset = plan.ruleset
    window = period_window(period, ruleset.zone, ruleset.day_starts)
    gathered = gather_facts(plan, frames, window, engine=engine)
    slips = settle_slip(plan, gathered.facts, history=history, engine=engine)
    answers: Answers = {}
    for row in slips.iter_rows(named=True):
        key = tuple(subject_key(ruleset, name, row[name]) for name in ruleset.subject.key)
        assert key not in answers
        answers[key] = _row_answer(ruleset, row)
    accounts = _metric_accounts(gathered.metrics)
    for name, table in gathered.tables.items():
        accounts[f"table.{name}.made"] = table.made
        accounts[f"table.{name}.in_window"] = table.in_window
        accounts[f"table.{name}.undated"] = table.undated
        accounts[f"table.{name}.unmatched"] = table.unmatched
        accounts |= {f"table.{name}.dropped.{drop}": n for drop, n in table.dropped.items()}
    return {**answers, ACCOUNTS: accounts}


def subject_key(ruleset: Ruleset, name: str, value: object) -> Value:
    """Return a value of the key of a subject as the reference has it."""
    kind = ruleset.tables[ruleset.subject.table].types[name]
    if kind.kind is Kind.NUMBER and isinstance(value, int):
        return Fraction(value, 1 if kind.whole else NUMBER_SCALE)
    return _read(kind.kind, value)


def _read(kind: Kind, value: object) -> Value:
    """Return a value of the plan that is no fraction as the reference has it."""
    if kind is Kind.DATE and isinstance(value, int):
        return EPOCH + timedelta(days=value)
    return cast("Value", value)


def _row_answer(ruleset: Ruleset, row: Mapping[str, object]) -> Answer:
    answer: Answer = {}
    for metric in ruleset.metrics.values():
        answer |= _metric_answer(metric, row)
    places = {"points": 10**6, "part": 10**6, "step": 10**6, "line": 1}
    for column, value in row.items():
        space = column.partition(".")[0]
        if space in places:
            answer[column] = None if value is None else Fraction(cast("int", value), places[space])
    if ruleset.score is not None:
        score = cast("int | None", row["score"])
        places_of_score = 10**ruleset.score.places
        answer["score"] = None if score is None else Fraction(score, places_of_score)
        answer["score.status"] = cast("str", row["score.status"])
    if ruleset.pay is not None:
        answer["pay"] = cast("Value", row["pay"])
        answer["pay.status"] = cast("str", row["pay.status"])
    return answer


def _metric_answer(metric: Metric, row: Mapping[str, object]) -> Answer:
    name = f"metric.{metric.name}"
    status = cast("str", row[f"{name}.status"])
    answer: Answer = {f"{name}.status": status}
    if metric.type.kind in QUANTITIES:
        num, den = (cast("int | None", row[f"{name}.{part}"]) for part in ("num", "den"))
        measured = None if num is None or den is None else Fraction(num, den)
        answer[name] = measured if status == "ok" else None
        if metric.table is not None:
            answer[f"{name}.measured"] = measured
    else:
        answer[name] = _read(metric.type.kind, row[name])
    if f"{name}.n" in row:
        answer[f"{name}.n"] = cast("int", row[f"{name}.n"])
    if metric.table is not None:
        answer[f"{name}.n_unknown"] = cast("int", row[f"{name}.n_unknown"])
    return answer
