"""One subject's explanation as people read it: metrics, then the score, then the pay."""

from __future__ import annotations  # the types of the facade are loaded on use

import json
from collections.abc import Iterator
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

import kpi_engine as ke


def opened_results(out: Path) -> ke.Results | ke.FleetResults:
    """Return what `run` has written into a folder, of a ruleset or of a fleet."""
    try:
        of_fleet = "fleet" in json.loads((out / "receipt.json").read_text("utf-8"))
    except (OSError, ValueError):
        of_fleet = False
    return ke.read_fleet_results(out) if of_fleet else ke.read_results(out)


def explanation_parts(explanation: ke.Explanation) -> Iterator[RenderableType]:
    """Return an explanation as a title and tables that add up."""
    subject = ", ".join(f"{name} {value}" for name, value in explanation.subject.items())
    yield Text(f"{subject}: {explanation.ruleset} for {explanation.period}", style="bold")
    if explanation.metrics:
        yield ""
        yield _metrics(explanation)
    if explanation.score is not None:
        yield ""
        yield _score(explanation.score)
    if explanation.pay is not None:
        yield ""
        yield _pay(explanation.pay)


def _table(title: str, *columns: tuple[str, bool]) -> Table:
    """Return a table with a title; columns of numbers stand to the right."""
    table = Table(title=Text(title), title_justify="left", box=None, pad_edge=False)
    for name, is_number in columns:
        table.add_column(
            name, justify="right" if is_number else "left", no_wrap=is_number, overflow="fold"
        )
    return table


def _add(table: Table, *cells: str | None, strong: bool = False) -> None:
    table.add_row(*(Text(cell or "") for cell in cells), style="bold" if strong else None)


def _rule(rule: ke.RuleText) -> str:
    """Return a rule, the params it reads and the place where it is written, on one line."""
    params = ", ".join(f"{name} = {text}" for name, text in rule.params.items())
    return f"{rule.text}{f'  [{params}]' if params else ''}  {rule.file}:{rule.line}"


def _metrics(explanation: ke.Explanation) -> Table:
    table = _table(
        "metrics",
        ("metric", False),
        ("value", True),
        ("num / den", True),
        ("rows", True),
        ("rule", False),
    )
    for metric in explanation.metrics:
        fraction = f"{metric.num} / {metric.den}" if metric.num is not None else ""
        rows = "" if metric.rows is None else f"{metric.rows:,}"
        text = _rule(metric.rule)
        if metric.reason is not None:
            text = f"{metric.reason}: {text}"
        _add(table, metric.name, metric.shown, fraction, rows, text)
    return table


def _score(score: ke.ScoreShown) -> Table:
    table = _table(
        "score",
        ("item", False),
        ("points", True),
        ("weight", True),
        ("contribution", True),
        ("rule", False),
    )
    for item in score.items:
        rule = item.rule
        text = _rule(rule) if rule is not None else ""
        points = item.points or "unknown"
        contribution = item.contribution if rule is not None else ""
        weight = item.weight or "0"
        _add(table, item.path, points, weight, contribution, text)
    for step in score.steps:
        _add(table, step.name, "", "", step.change, _rule(step.rule))
    if score.limits is not None:
        _add(table, "held to 0 to 100", "", "", score.limits)
    _add(table, "rounding", "", "", score.rounding)
    _add(table, "score", "", "", score.value or "unknown", score.reason, strong=True)
    return table


def _pay(pay: ke.PayShown) -> Table:
    table = _table("pay", ("line", False), ("amount", True), ("rule", False))
    for line in pay.lines:
        _add(table, line.name, line.shown, _rule(line.rule))
    _add(table, "pay", pay.shown, pay.reason, strong=True)
    return table
