"""What a change of a ruleset does: what it says otherwise, and what that does to people."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from kpi_engine.execution.facts import fact_schema, row_metrics
from kpi_engine.execution.history import History
from kpi_engine.execution.inputs import Tables
from kpi_engine.execution.results import Results
from kpi_engine.execution.rules import rules_in_force
from kpi_engine.execution.running import run, score
from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.plan.nodes import Plan
from kpi_engine.review.comparison import RuleChange, Side, compare_openings
from kpi_engine.review.effects import Effect, measure_effect, refuse_strangers
from kpi_engine.review.limits import passes, read_limits
from kpi_engine.review.revisions import Opened, open_ruleset, renamed
from kpi_engine.ruleset.checked import Ruleset
from kpi_engine.ruleset.params import missing_params
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.errors import DataError, RulesetError

_OF_ROWS = frozenset({"tables", "zone", "day_starts"})


@dataclass(frozen=True, slots=True)
class Diff:
    """What differs between an old ruleset and a new one.

    ``effect`` is what that does to people, None where nothing was given to measure it over.
    ``exceeded`` says whether it is beyond the limits that were given.
    """

    old: Side
    new: Side
    changes: tuple[RuleChange, ...]
    effect: Effect | None = None
    exceeded: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """What an effect is measured over: the rows or the facts of a period, and earlier results."""

    tables: Tables | None
    facts: pl.DataFrame | Path | None
    period: str
    as_of: date | str | None
    history: History | None


def diff_files(
    old: str | Path, new: str | Path, measured: Measured | None, fail_if: str | None
) -> Diff:
    """Return what a change of a ruleset does, and with something to measure it over, to whom.

    Raises:
        RulesetError: one of the files cannot be used or has a param that is still required; the
            error holds every finding.
        DataError: a revision cannot be read, the limits are not understood, or the effect cannot
            be measured.
    """
    before, after = open_ruleset(old), open_ruleset(new)
    limits = None if fail_if is None else read_limits(fail_if, after.ruleset.currency)
    sides, changes = compare_openings((old, before), (new, after))
    if measured is None:
        if limits is not None:
            raise _refusal("limits need `data` or `facts`, and a `period`")
        return Diff(*sides, changes)
    if limits is not None and before.ruleset.pay is None and after.ruleset.pay is None:
        raise _refusal("limits are about pay, and neither ruleset pays")
    refuse_strangers(before.ruleset, after.ruleset)
    plans = (_plan(before), _plan(after))
    results = tuple(_results(plan, measured) for plan in plans)
    notes = [note for result in results for note in result.diagnostics]
    if measured.facts is not None:
        notes += _unmeasured(before.ruleset, after.ruleset, changes, measured)
    effect = measure_effect((before.ruleset, results[0]), (after.ruleset, results[1]), notes)
    exceeded = limits is not None and passes(effect, limits)
    return Diff(*sides, changes, effect, exceeded)


def _plan(opened: Opened) -> Plan:
    ruleset = opened.ruleset
    missing = missing_params(ruleset)
    if missing:
        raise RulesetError([renamed(opened, finding) for finding in missing])
    return compile_ruleset(ruleset)


def _results(plan: Plan, measured: Measured) -> Results:
    """Return the results of one side, over rows or over those facts that it knows."""
    period, tables, history = measured.period, measured.tables, measured.history
    if measured.facts is not None:
        facts = measured.facts
        if isinstance(facts, Path):
            facts = _read_facts(facts, plan.ruleset)
        if "metric" in facts.columns:
            known = [metric.name for metric in row_metrics(plan.ruleset)]
            facts = facts.filter(pl.col("metric").is_in(known))
        return score(plan, facts, period=period, tables=tables, history=history)
    if tables is None:
        raise _refusal("`data` or `facts` were expected")
    return run(plan, tables, period=period, as_of=measured.as_of, history=history)


def _read_facts(file: Path, ruleset: Ruleset) -> pl.DataFrame:
    try:
        if file.suffix.lower() == ".csv":
            return pl.read_csv(file, schema_overrides=fact_schema(ruleset), glob=False)
        return pl.read_parquet(file, glob=False)
    except (OSError, PolarsError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise _refusal(f"the facts `{file.as_posix()}` cannot be read: {reason}") from error


def _unmeasured(
    old: Ruleset, new: Ruleset, changes: tuple[RuleChange, ...], measured: Measured
) -> list[Diagnostic]:
    """Return a note of the rules whose change facts cannot show: those that read rows."""
    of_rows = {metric.name for ruleset in (old, new) for metric in row_metrics(ruleset)}
    both = {metric for metric in of_rows if metric in old.metrics and metric in new.metrics}
    names = [".".join(change.path) for change in changes if _reads_rows(change.path, both)]
    if measured.tables is None:
        names += [".".join(each.path) for each in changes if each.path == ("subject", "where")]
    params = {change.path[1] for change in changes if change.path[0] == "params"}
    for name, rule in rules_in_force(new).items():
        path = tuple(name.split("."))
        if _reads_rows(path, both) and not params.isdisjoint(rule["params"]):
            names.append(name)
    if not names:
        return []
    listed = ", ".join(f"`{name}`" for name in dict.fromkeys(names))
    return [diagnose("K643", rules=listed)]


def _reads_rows(path: tuple[str, ...], metrics: set[str]) -> bool:
    return path[0] in _OF_ROWS or (path[0] == "metrics" and path[1] in metrics)


def _refusal(reason: str) -> DataError:
    return DataError([diagnose("K644", reason=reason)])
