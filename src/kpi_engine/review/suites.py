"""What became of test cases as JUnit XML."""

from kpi_engine.review.cases import CaseReport
from kpi_engine.text.diagnostics import Diagnostic
from kpi_engine.text.junit import SuiteCase, render_suite

_SUITE = "kpi-engine test"
_NOT_RUN = "its file or its ruleset has errors"


def case_suite(report: CaseReport) -> str:
    """Return JUnit XML with every case; what belongs to none is a case of the name of its file."""
    told = {finding for result in report.results for finding in result.diagnostics}
    by_file: dict[str, list[Diagnostic]] = {}
    for finding in report.diagnostics:
        if finding not in told:
            file = _SUITE if finding.span is None else finding.span.source.name
            by_file.setdefault(file, []).append(finding)
    cases = [SuiteCase(file, file, findings) for file, findings in by_file.items()]
    for result in report.results:
        skipped = None if result.passed or result.diagnostics else _NOT_RUN
        cases.append(SuiteCase(result.file, result.case, result.diagnostics, skipped))
    return render_suite(_SUITE, cases)
