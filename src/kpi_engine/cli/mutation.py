"""What becomes of the mutants of rulesets, as people and machines read it."""

from __future__ import annotations  # the types of the facade are loaded on use

import os
from collections.abc import Iterator
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path

from rich.table import Table

import kpi_engine as ke
from kpi_engine.cli.exits import Exit, status_of
from kpi_engine.cli.output import Format, counting, report, show, show_json
from kpi_engine.cli.summaries import counted

_NOTHING = "–"


def report_mutation(paths: list[Path], form: Format, fail_under: float | None) -> Exit:
    """Return the status of a mutation of rulesets, once it is written what came of it."""
    with counting("trying mutants") as on_progress:
        found = ke.mutate(*paths, jobs=os.cpu_count() or 1, on_progress=on_progress)
    report(found.diagnostics, form)
    if form is Format.JSON:
        for document in mutation_documents(found):
            show_json(document)
    else:
        for ruleset in found.rulesets:
            show(*survivor_lines(ruleset))
        show(mutation_table(found), mutation_line(found))
    limit = None if fail_under is None else Fraction(str(fail_under)) / 100
    if limit is not None and found.score is not None and found.score < limit:
        return Exit.FINDINGS
    return status_of(found.diagnostics)


def survivor_lines(ruleset: ke.MutatedRuleset) -> Iterator[str]:
    """Return a line for every mutant that no case noticed."""
    for mutant in ruleset.mutants:
        if mutant.verdict == "survived":
            place = f"{mutant.file}:{mutant.line}:{mutant.column}"
            yield f"{place}: no case notices {mutant.old} -> {mutant.new}"


def mutation_table(found: ke.MutationReport) -> Table:
    """Return a row for every ruleset that was mutated."""
    table = Table(box=None, pad_edge=False)
    table.add_column("ruleset", overflow="fold")
    for head in ("noticed", "survived", "refused", "score"):
        table.add_column(head, justify="right")
    for ruleset in found.rulesets:
        counts = (ruleset.noticed, ruleset.survived, ruleset.refused)
        table.add_row(ruleset.file, *map(str, counts), percent(ruleset.score))
    return table


def mutation_line(found: ke.MutationReport) -> str:
    """Return how many of all mutants were noticed."""
    noticed = sum(ruleset.noticed for ruleset in found.rulesets)
    survived = sum(ruleset.survived for ruleset in found.rulesets)
    refused = sum(ruleset.refused for ruleset in found.rulesets)
    parts = [f"{noticed:,} of {counted(noticed + survived, 'mutant')} noticed"]
    parts[0] += f": {percent(found.score)}" if found.score is not None else ""
    parts += [f"{refused:,} refused by the check"] if refused else []
    parts += [f"no test of {', '.join(found.untested)}"] if found.untested else []
    return "; ".join(parts)


def mutation_documents(found: ke.MutationReport) -> Iterator[dict[str, object]]:
    """Return the documents for machines: every mutant, then the counts of every ruleset and all."""
    for ruleset in found.rulesets:
        yield from (asdict(mutant) for mutant in ruleset.mutants)
    for ruleset in found.rulesets:
        counts = {"noticed": ruleset.noticed, "survived": ruleset.survived}
        score = None if ruleset.score is None else float(ruleset.score)
        yield {"ruleset": ruleset.file, **counts, "refused": ruleset.refused, "score": score}
    score = None if found.score is None else float(found.score)
    yield {"score": score, "untested": list(found.untested)}


def percent(score: Fraction | None) -> str:
    """Return a score in per cent to one place, rounded down so that 90% are 90%.

    >>> percent(Fraction(8999, 10000)), percent(None)
    ('89.9%', '–')
    """
    if score is None:
        return _NOTHING
    tenths = int(1000 * score)
    return f"{tenths // 10}.{tenths % 10}%"
