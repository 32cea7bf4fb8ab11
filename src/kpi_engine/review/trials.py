"""A mutant tried: the cases of a ruleset's tests, run as far as the mutant can reach them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import polars as pl

from kpi_engine.execution.look import Look
from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.plan.nodes import Plan
from kpi_engine.review.binding import BoundCase
from kpi_engine.review.cases import Gather, gather_case, run_case
from kpi_engine.review.focus import Focus, checks_of, focus_of, focused, whole_of
from kpi_engine.review.gathering import GatheredCase
from kpi_engine.review.mutants import Mutant, find_mutants, mutated_text
from kpi_engine.review.preparation import PreparedCase, PreparedFile, prepare_file
from kpi_engine.review.targets import expectable, givable
from kpi_engine.ruleset.checked import Ruleset
from kpi_engine.ruleset.layers import Layers, Opened, read_layers
from kpi_engine.ruleset.loading import load_merged
from kpi_engine.text.diagnostics import Diagnostic
from kpi_engine.text.located import Mapping as YamlMapping
from kpi_engine.text.nodes import many_nodes
from kpi_engine.text.reading import parse_yaml, read_text
from kpi_engine.text.source import Source

Verdict = Literal["noticed", "refused", "survived"]
"""A case failed; the check found an error, so that nothing ran; or every case passed."""

Files = tuple[Path, ...]

_Given = tuple[tuple[str, str], ...]
"""The params of a case, each as it is written."""


@dataclass(slots=True, eq=False)
class Trial:
    """A case as it runs without a mutant, reduced to what it looks at.

    With ``whole`` it looks at everything. ``gathered`` is what a case of given values starts from,
    once it is known.
    """

    case: PreparedCase
    file: PreparedFile
    whole: bool
    plan: Plan
    gathered: GatheredCase | None = None


@dataclass(frozen=True, slots=True)
class Bench:
    """A ruleset file, its mutants and what they are tried by.

    The case that noticed the last mutant stands first in ``trials``: it is likely to notice the
    next. ``opened`` are the file's parents, read once.
    """

    path: Path
    source: Source
    mutants: tuple[Mutant, ...]
    trials: list[Trial]
    opened: Opened = field(default_factory=Opened)


@dataclass(frozen=True, slots=True)
class _Views:
    """A mutant as cases look at it, by their params and by what of it they compute."""

    layers: Layers
    rulesets: dict[_Given, Ruleset | None] = field(default_factory=dict)
    plans: dict[tuple[_Given, Focus], Plan] = field(default_factory=dict)


def set_up(tested: Path, files: Files, whole: frozenset[int]) -> Bench | list[Diagnostic]:
    """Return what the mutants of a ruleset are tried by, or why none can be.

    ``whole`` are the places of the cases for which everything is computed.
    """
    source = read_text(tested, tested.as_posix())
    prepared = [prepare_file(file) for file in files]
    findings = [finding for file in prepared for finding in file.diagnostics]
    if isinstance(source, Diagnostic):
        return [*findings, source]
    if findings:
        return findings
    root, _ = parse_yaml(source)
    mutants = find_mutants(root) if isinstance(root, YamlMapping) else ()
    trials: list[Trial] = []
    for file in prepared:
        for case in file.cases:
            ruleset, everything = case.ruleset, len(trials) in whole
            focus = whole_of(ruleset) if everything else focus_of(case.bound, ruleset)
            plan = compile_ruleset(focused(ruleset, focus))
            trials.append(Trial(case, file, everything, plan))
    return Bench(tested, source, mutants, trials)


def run_trial(trial: Trial, plan: Plan) -> list[Diagnostic]:
    """Return all in which a case is not what it expects under a plan of what it looks at."""
    return run_case(replace(trial.case, ruleset=plan.ruleset), plan, trial.file, _kept(trial))


def _kept(trial: Trial) -> Gather:
    """Return how a case gathers its facts: once, as long as a mutant leaves the rows alone."""

    def gather(
        bound: BoundCase, plan: Plan, frames: Mapping[str, pl.DataFrame], look: Look
    ) -> GatheredCase:
        if _of_rows(plan) != _of_rows(trial.plan):
            return gather_case(bound, plan, frames, look)
        if trial.gathered is None:
            trial.gathered = gather_case(bound, plan, frames, look)
        return trial.gathered

    return gather


def try_mutant(bench: Bench, mutant: Mutant) -> Verdict:
    """Return what becomes of a mutant."""
    layers = _layers_of(bench, mutant)
    ruleset = None if layers is None else load_merged(layers).ruleset
    if layers is None or ruleset is None:
        return "refused"
    views = _Views(layers, {(): ruleset})
    for trial in bench.trials:
        if _notices(trial, views):
            bench.trials.remove(trial)
            bench.trials.insert(0, trial)
            return "noticed"
    return "survived"


@many_nodes()
def _layers_of(bench: Bench, mutant: Mutant) -> Layers | None:
    source = Source(bench.source.name, mutated_text(bench.source, mutant))
    return read_layers(source, bench.path, opened=bench.opened)[0]


def _notices(trial: Trial, views: _Views) -> bool:
    """Return whether a case fails; one that looks at nothing else than before is not run."""
    given = tuple(trial.case.ruleset.given.items())
    if given not in views.rulesets:
        views.rulesets[given] = load_merged(views.layers, dict(given)).ruleset
    ruleset = views.rulesets[given]
    # what a formula says of a group bears the formula as its name
    if ruleset is None or not _names_in(trial.case.bound) <= _known_names(ruleset):
        return True
    focus = whole_of(ruleset) if trial.whole else focus_of(trial.case.bound, ruleset)
    view = given, focus
    if view not in views.plans:
        views.plans[view] = compile_ruleset(focused(ruleset, focus))
    plan = views.plans[view]
    same = _of_rows(plan) == _of_rows(trial.plan) and _of_slip(plan) == _of_slip(trial.plan)
    return not same and bool(run_trial(trial, plan))


def _names_in(bound: BoundCase) -> set[str]:
    names = {value.name for each in bound.evaluations for value in each.given}
    counted = {check.name for check in bound.rows}
    return names | counted | {check.name for check in checks_of(bound)}


def _known_names(ruleset: Ruleset) -> set[str]:
    return {*expectable(ruleset), *givable(ruleset), *ruleset.tables}


def _of_rows(plan: Plan) -> tuple[object, ...]:
    """Return what decides which facts rows give."""
    row_parts = (plan.inputs, plan.domains, plan.tables, plan.roster, plan.lookups, plan.gathers)
    return (*row_parts, plan.calendar, plan.ruleset.subject)


def _of_slip(plan: Plan) -> tuple[object, ...]:
    """Return what decides what follows from the facts, and how it is shown."""
    ruleset = plan.ruleset
    slip_parts = (plan.slip, plan.history, plan.values)
    return (*slip_parts, ruleset.metrics, ruleset.groups, ruleset.score, ruleset.pay)
