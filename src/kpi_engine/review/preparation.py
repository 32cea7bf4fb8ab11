"""Test files made ready: read, their ruleset found and loaded, every case bound to it."""

from dataclasses import dataclass, replace
from pathlib import Path

from kpi_engine.execution.look import instant_of
from kpi_engine.language.scopes import closest
from kpi_engine.plan.nodes import Calendar
from kpi_engine.plan.period import period_window
from kpi_engine.review.binding import BoundCase, bind_case
from kpi_engine.review.casefiles import Case, CaseFile, params_of, read_case_file
from kpi_engine.review.files import find_ruleset, near_ruleset
from kpi_engine.ruleset.checked import Ruleset
from kpi_engine.ruleset.loading import load_layered, load_ruleset, read_files
from kpi_engine.text.diagnostics import Diagnostic, diagnose, has_errors
from kpi_engine.text.scalars import inner_span


@dataclass(frozen=True, slots=True)
class PreparedCase:
    """A case, the ruleset with the case's params in force, and what forbids to run it."""

    bound: BoundCase
    ruleset: Ruleset
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class PreparedFile:
    """A test file: its cases, how many of those written cannot run, and the findings of all.

    ``read`` are the files that the tested ruleset is made from, None where it cannot be read.
    """

    path: Path
    period: str
    as_of: str | None
    cases: tuple[PreparedCase, ...]
    written: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]
    read: tuple[Path, ...] | None = None


def prepare_file(path: Path) -> PreparedFile:
    """Return the cases of a test file, bound to the ruleset they test, and every finding."""
    file, findings = read_case_file(path)
    if file is None:
        return PreparedFile(path, "", None, (), (), tuple(findings))
    written = tuple(case.name.value for case in file.cases)
    as_of = None if file.as_of is None else file.as_of.value
    findings += _check_times(file)
    tested = find_ruleset(file.ruleset.value, path)
    if tested is None:
        near = near_ruleset(file.ruleset.value, path)
        findings.append(diagnose("K508", file.ruleset.span, name=file.ruleset.value, near=near))
        return PreparedFile(path, file.period.value, as_of, (), written, tuple(findings))
    loaded = load_layered(tested)
    ruleset, read = loaded.ruleset, read_files(loaded)
    findings += [finding for finding in loaded.findings if finding.severity == "error"]
    cases: list[PreparedCase] = []
    if ruleset is not None and not has_errors(findings):
        variants: dict[tuple[tuple[str, str], ...], tuple[Ruleset | None, list[Diagnostic]]] = {}
        for case in file.cases:
            key = tuple(params_of(case).items())
            if key not in variants:
                variants[key] = _with_params(tested, ruleset, case)
            cases += _prepared(case, *variants[key], findings)
    prepared = tuple(cases)
    return PreparedFile(path, file.period.value, as_of, prepared, written, tuple(findings), read)


def _check_times(file: CaseFile) -> list[Diagnostic]:
    anywhere = Calendar("UTC", 0)
    findings: list[Diagnostic] = []
    try:
        period_window(file.period.value, anywhere.zone, anywhere.day_starts)
    except ValueError:
        findings.append(diagnose("K434", file.period.span, found=file.period.value))
    if file.as_of is not None and instant_of(file.as_of.value, anywhere) is None:
        findings.append(diagnose("K435", file.as_of.span, found=file.as_of.value))
    return findings


def _with_params(
    tested: Path, ruleset: Ruleset, case: Case
) -> tuple[Ruleset | None, list[Diagnostic]]:
    """Return the ruleset with the params of a case in force, and what is wrong with them."""
    unknown = [
        diagnose(
            "K315",
            pair.name.span,
            name=pair.name.value,
            near=closest(pair.name.value, set(ruleset.params)),
        )
        for pair in case.params
        if pair.name.value not in ruleset.params
    ]
    params = {name: text for name, text in params_of(case).items() if name in ruleset.params}
    if not params:
        return (None if unknown else ruleset), unknown
    loaded, found = load_ruleset(tested, params)
    errors = [_placed(finding, case) for finding in found if finding.severity == "error"]
    return (None if unknown else loaded), unknown + errors


def _placed(finding: Diagnostic, case: Case) -> Diagnostic:
    """Return a finding about the text of a param at the place where the case writes it."""
    span = finding.span
    if span is None or span.source.name != "params":
        return finding
    for pair in case.params:
        if pair.value.value == span.source.text:
            return replace(finding, span=inner_span(pair.value, span.start, span.end))
    return replace(finding, span=case.name.span)


def _prepared(
    case: Case,
    ruleset: Ruleset | None,
    wrong: list[Diagnostic],
    findings: list[Diagnostic],
) -> list[PreparedCase]:
    findings += wrong
    if ruleset is None:
        return []
    bound, found = bind_case(case, ruleset)
    found += [
        diagnose("K316", case.name.span, name=name)
        for name, param in ruleset.params.items()
        if param.value is None
    ]
    findings += found
    return [PreparedCase(bound, ruleset, tuple(found))]
