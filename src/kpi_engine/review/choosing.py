"""Which findings of a check are reported: codes that are asked for, and comments that ignore."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from kpi_engine.text.comments import Ignore, find_ignores
from kpi_engine.text.diagnostics import Diagnostic, diagnose, has_errors
from kpi_engine.text.errors import DataError
from kpi_engine.text.messages import MESSAGES
from kpi_engine.text.pages import near_code
from kpi_engine.text.source import Source, position


@dataclass(frozen=True, slots=True)
class Choice:
    """The codes that are asked for, and those that are ignored."""

    selected: frozenset[str]
    ignored: frozenset[str]


def choose_codes(select: Iterable[str], ignore: Iterable[str]) -> Choice:
    """Return the codes that codes and beginnings of codes stand for; all, where none is selected.

    A beginning that is ignored stands for its warnings and notes.

    Raises:
        DataError: one stands for no code, or one to be ignored for errors alone.

    >>> sorted(choose_codes(["K63"], ["K60", "K62"]).ignored)
    ['K603', 'K621']
    """
    wrong: list[Diagnostic] = []
    selected = {code for part in select for code in _codes(part, wrong)}
    ignored: set[str] = set()
    for part in ignore:
        codes = _codes(part, wrong)
        mild = {code for code in codes if MESSAGES[code].severity != "error"}
        if codes and not mild:
            wrong.append(diagnose("K552", text=part))
        ignored |= mild
    if wrong:
        raise DataError(wrong)
    return Choice(frozenset(selected or MESSAGES), frozenset(ignored))


def _codes(part: str, wrong: list[Diagnostic]) -> list[str]:
    found = [code for code in MESSAGES if part and code.startswith(part.upper())]
    if not found:
        wrong.append(diagnose("K551", text=part, near=near_code(part.upper())))
    return found


def hold_to_comments(
    findings_by_file: Mapping[str, Sequence[Diagnostic]], texts: Mapping[str, Source], today: date
) -> tuple[set[Diagnostic], dict[str, list[Diagnostic]]]:
    """Return the findings that comments ignore, and by file what there is to say of comments.

    ``texts`` are those of the files that are texts. Of the comments in a file that was not looked
    at itself nothing is said. Whether one matches nothing cannot be told of a file with errors,
    which hide what else there is to find.
    """
    sources = {texts[name] for name in findings_by_file if name in texts}
    every = {finding for findings in findings_by_file.values() for finding in findings}
    sources |= {finding.span.source for finding in every if finding.span is not None}
    ignored: set[Diagnostic] = set()
    remarks: dict[str, list[Diagnostic]] = {name: [] for name in findings_by_file}
    for source in sources:
        ignores, wrong = find_ignores(source)
        sure = not has_errors(list(findings_by_file.get(source.name, ())))
        said = list(wrong)
        for ignore in ignores:
            hit = {finding for finding in every if _matches(ignore, finding)}
            if ignore.until is not None and today > ignore.until:
                said.append(diagnose("K152", ignore.span, text=ignore.code, until=ignore.until))
            elif hit:
                ignored |= hit
            elif sure:
                said.append(diagnose("K153", ignore.span, text=ignore.code, line=ignore.line))
        if source.name in remarks:
            remarks[source.name] = said
    return ignored, remarks


def _matches(ignore: Ignore, finding: Diagnostic) -> bool:
    span = finding.span
    return (
        span is not None
        and finding.code == ignore.code
        and span.source.name == ignore.span.source.name
        and position(span.source, span.start).line == ignore.line
    )
