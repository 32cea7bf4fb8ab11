"""Earlier results read as history: what they say is taken as it is, never computed anew."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import polars as pl

from kpi_engine.execution.contract import shown_value, stored_value
from kpi_engine.execution.fleetresults import FleetResults
from kpi_engine.execution.folders import RECEIPT, read_fleet_results, read_results
from kpi_engine.execution.results import HistoryReceipt, Results
from kpi_engine.language import core, ir
from kpi_engine.language.core import Rational
from kpi_engine.language.kinds import PLAIN, QUANTITIES, Kind
from kpi_engine.plan.history import past_types
from kpi_engine.plan.nodes import Plan
from kpi_engine.plan.period import Window
from kpi_engine.ruleset.checked import PAY, SCORE, Group, Ruleset
from kpi_engine.ruleset.kept import MONTH_COLUMN, past_column, past_value
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.errors import DataError

History = str | Path | pl.DataFrame | Results | Sequence[Results]
"""A folder of earlier results, such results, or a frame like ``subjects`` of several periods."""

FleetHistory = str | Path | pl.DataFrame | FleetResults | Sequence[FleetResults]
"""The same of a fleet."""


@dataclass(frozen=True, slots=True)
class Past:
    """Earlier months as the plan reads them, what they came from, and what is said of them."""

    rows: pl.DataFrame
    receipt: tuple[HistoryReceipt, ...]
    notes: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """An earlier result, and the folder it was read from, if it was."""

    results: Results | FleetResults
    path: Path | None


def read_history(plan: Plan, history: History | list[Placed] | None, window: Window) -> Past | None:
    """Return the months before a run that its ruleset reads; None where it reads none.

    Raises:
        DataError: there is no result of the ruleset, two are of one period, or a column is missing
            or holds what it cannot.
    """
    if not plan.history:
        if history is not None:
            raise DataError([diagnose("K490", name=plan.ruleset.name)])
        return None
    if history is None:
        return Past(_no_rows(plan), (), tuple(_missing_notes(plan.ruleset, set(), window)))
    notes: list[Diagnostic] = []
    receipts: list[HistoryReceipt]
    if isinstance(history, pl.DataFrame):
        frames = [history]
    else:
        if isinstance(history, str | Path):
            placed = _results_in(plan.ruleset, Path(history))
        else:
            placed = _unplaced(history)
        earlier = [each for each in placed if each.results.receipt["period"] < window.period]
        _check_periods(earlier)
        notes += _new_notes(plan, earlier)
        frames = [_completed(plan, each.results.subjects) for each in earlier]
    rows = [_stored(plan, frame) for frame in frames]
    past = pl.concat([_no_rows(plan), *rows]).filter(pl.col(MONTH_COLUMN) < window.month)
    _check_rows(plan, past)
    told = set(past[MONTH_COLUMN].unique())
    if isinstance(history, pl.DataFrame):
        months = [_period(month) for month in sorted(told)]
        receipts = [{"period": month, "path": None, "result_hash": None} for month in months]
    else:
        receipts = [_receipt(each) for each in earlier]
    ordered = tuple(sorted(receipts, key=lambda receipt: receipt["period"]))
    return Past(past, ordered, (*notes, *_missing_notes(plan.ruleset, told, window)))


def _unplaced(history: Results | Sequence[Results] | list[Placed]) -> list[Placed]:
    listed = [history] if isinstance(history, Results) else history
    return [each if isinstance(each, Placed) else Placed(each, None) for each in listed]


def placed_of_fleet(history: str | Path | FleetResults | Sequence[FleetResults]) -> list[Placed]:
    """Return earlier results of a fleet: of a folder that is one, or holds some one level below."""
    if isinstance(history, str | Path):
        places = _folders_in(Path(history))
        return [Placed(read_fleet_results(place), place) for place in places]
    listed = [history] if isinstance(history, FleetResults) else history
    return [Placed(each, None) for each in listed]


def _folders_in(folder: Path) -> list[Path]:
    places = [folder] if (folder / RECEIPT).is_file() else sorted(folder.glob(f"*/{RECEIPT}"))
    return [place.parent if place.name == RECEIPT else place for place in places]


def _receipt(placed: Placed) -> HistoryReceipt:
    receipt = placed.results.receipt
    path = None if placed.path is None else placed.path.as_posix()
    return {"period": receipt["period"], "path": path, "result_hash": receipt["result_hash"]}


def _results_in(ruleset: Ruleset, folder: Path) -> list[Placed]:
    """Return the results of a ruleset in a folder: it is one, or holds some one level below."""
    found = [(read_results(place), place) for place in _folders_in(folder)]
    mine = [Placed(*each) for each in found if each[0].receipt["ruleset"] == ruleset.name]
    if not mine:
        others = sorted({each.receipt["ruleset"] for each, _ in found})
        listed = ", ".join(f"`{name}`" for name in others) or "nothing"
        raise DataError([diagnose("K491", folder=folder, name=ruleset.name, found=listed)])
    return mine


def _check_periods(earlier: Iterable[Placed]) -> None:
    hashes: dict[str, str] = {}
    for each in earlier:
        receipt = each.results.receipt
        if hashes.setdefault(receipt["period"], receipt["result_hash"]) != receipt["result_hash"]:
            raise DataError([diagnose("K492", period=receipt["period"])])


def shown_column(name: str) -> str:
    """Return the column of ``subjects`` that tells a metric or a total.

    >>> shown_column("aov"), shown_column("score")
    ('metric.aov', 'score')
    """
    return name if name in {SCORE, PAY} else f"metric.{name}"


def _new_notes(plan: Plan, earlier: Iterable[Placed]) -> Iterator[Diagnostic]:
    """Return a note on what earlier results do not tell, since their rules did not have it."""
    for name in plan.history:
        results = (each.results for each in earlier)
        silent = [e.receipt["period"] for e in results if shown_column(name) not in e.subjects]
        if silent:
            yield diagnose("K493", name=name, periods=", ".join(sorted(silent)))


def _completed(plan: Plan, frame: pl.DataFrame) -> pl.DataFrame:
    missing = {name: kind for name, kind in plan.history.items() if shown_column(name) not in frame}
    return frame.with_columns(
        pl.lit(None, dtype=_shown_types(kind)[0]).alias(shown_column(name))
        for name, kind in missing.items()
    )


def _shown_types(kind: Kind) -> tuple[pl.DataType, ...]:
    """Return the types in which earlier values may be given, the usual one first."""
    match kind:
        case Kind.NUMBER | Kind.RATIO:
            return pl.Decimal(38, 9), pl.Int64()
        case Kind.MONEY | Kind.DURATION:
            return (pl.Int64(),)
        case Kind.BOOL:
            return (pl.Boolean(),)
        case Kind.TEXT:
            return (pl.String(),)
        case _:
            empty = pl.DataFrame(schema={"value": pl.Int64()})
            return (empty.select(shown_value(pl.col("value"), kind)).dtypes[0],)


def _fits(found: pl.DataType, kind: Kind) -> bool:
    if kind in PLAIN:
        return isinstance(found, pl.Decimal) or found.is_integer()
    if kind in QUANTITIES:
        return found.is_integer()
    return found in _shown_types(kind)


def _no_rows(plan: Plan) -> pl.DataFrame:
    return pl.DataFrame(schema=_schema(plan))


def _schema(plan: Plan) -> dict[str, pl.DataType]:
    types = plan.ruleset.tables[plan.roster.table].types
    keys: dict[str, pl.DataType] = {
        name: pl.String() if types[name].kind is Kind.TEXT else pl.Int64()
        for name in plan.roster.key
    }
    return {**keys, MONTH_COLUMN: pl.Int64(), **past_types(plan.history)}


def _stored(plan: Plan, frame: pl.DataFrame) -> pl.DataFrame:
    """Return rows of ``subjects`` in storage form, every mistake in their columns told at once."""
    types = plan.ruleset.tables[plan.roster.table].types
    kinds = {name: types[name].kind for name in plan.roster.key}
    kinds |= {"period": Kind.MONTH, **{shown_column(n): k for n, k in plan.history.items()}}
    mistakes: list[Diagnostic] = []
    for name, kind in kinds.items():
        found = frame.schema.get(name)
        if found is None:
            columns = "`, `".join(kinds)
            mistakes.append(diagnose("K494", column=name, columns=f"`{columns}`"))
        elif found != pl.Null() and not _fits(found, kind):
            mistakes.append(diagnose("K495", column=name, found=found, kind=kind))
    if not mistakes:
        mistakes += _malformed_periods(frame["period"].cast(pl.String))
    if mistakes:
        raise DataError(mistakes)
    keys = [stored_value(pl.col(k), types[k].kind).alias(k) for k in plan.roster.key]
    month = stored_value(pl.col("period"), Kind.MONTH).alias(MONTH_COLUMN)
    values = [_past(name, kind) for name, kind in plan.history.items()]
    return frame.select(*keys, month, *values).cast(_schema(plan))  # type: ignore[arg-type]


def _malformed_periods(periods: pl.Series) -> Iterator[Diagnostic]:
    wrong = periods.filter(~periods.str.contains(r"^\d{4}-(0[1-9]|1[0-2])$").fill_null(False))
    if not wrong.is_empty():
        found = "missing" if wrong[0] is None else f"`{wrong[0]}`"
        yield diagnose("K495", column="period", found=found, kind=Kind.MONTH)


def _past(name: str, kind: Kind) -> pl.Expr:
    """Return a value over the divisor with which the plan reads it."""
    shown = pl.col(shown_column(name))
    reading = past_value(name, kind)
    if isinstance(reading, Rational) and kind in PLAIN:
        grid = core.constant(reading.den) or 1
        exact = shown.cast(pl.Decimal(38, 9)) * pl.lit(Decimal(grid), dtype=pl.Decimal(38, 0))
        shown = exact.cast(pl.Int128)
    elif kind not in QUANTITIES:
        shown = stored_value(shown, kind)
    return shown.alias(past_column(name))


def _check_rows(plan: Plan, past: pl.DataFrame) -> None:
    """Raise `DataError` where a subject has a month twice, or a value lies beyond its limits."""
    twice = past.group_by(*plan.roster.key, MONTH_COLUMN).len().filter(pl.col("len") > 1)
    mistakes: list[Diagnostic] = []
    for row in twice.sort(*plan.roster.key, MONTH_COLUMN).head(1).iter_rows(named=True):
        who = ", ".join(f"{name} {row[name]}" for name in plan.roster.key)
        mistakes.append(diagnose("K496", subject=who, period=_period(row[MONTH_COLUMN])))
    for name, kind in plan.history.items():
        reading = past_value(name, kind)
        if isinstance(reading, Rational):
            low, high = (pl.lit(edge, dtype=pl.Int128) for edge in core.bounds(reading.num))
            value = pl.col(past_column(name)).cast(pl.Int128)
            if past.select(((value < low) | (value > high)).any()).item():
                mistakes.append(diagnose("K497", name=name))
    if mistakes:
        raise DataError(mistakes)


def _missing_notes(ruleset: Ruleset, told: set[int], window: Window) -> Iterator[Diagnostic]:
    """Return a note on the months that formulas ask for and no result tells."""
    asked: dict[int, None] = {}
    for metric in ruleset.metrics.values():
        match metric.value.node:
            case ir.Previous():
                asked[window.month - 1] = None
            case ir.Across(group=name):
                asked.update(dict.fromkeys(_months(ruleset.groups[name], told, window.month)))
            case _:
                pass
    missing = sorted(asked.keys() - told)
    if missing:
        yield diagnose("K498", periods=", ".join(map(_period, missing)))


def _months(group: Group, told: set[int], month: int) -> Iterator[int]:
    """Return the earlier months that belong to a group.

    Where it has no beginning of its own, they begin with the first that is told.
    """
    if group.of_period:
        return iter(())
    first = min(told, default=month)
    if group.months is not None:
        first = month - group.months + 1
    if group.year:
        first = month - month % 12 if group.months is None else max(first, month - month % 12)
    return iter(range(first, month))


def _period(month: int) -> str:
    return f"{month // 12:04}-{month % 12 + 1:02}"
