"""Files read to text, and text read to located nodes."""

from pathlib import Path
from typing import Final, assert_never

import yaml

from kpi_engine.text.characters import find_characters
from kpi_engine.text.composition import Composition, compose_nodes
from kpi_engine.text.diagnostics import MAX_FINDINGS, Diagnostic, diagnose, in_reading_order
from kpi_engine.text.failures import explain_colon, explain_failure
from kpi_engine.text.located import Mapping, Node, Scalar, Sequence
from kpi_engine.text.source import Source, Span

MAX_BYTES: Final = 1 << 20
MAX_REPAIRS: Final = 20

# libyaml is eleven times as fast; the answers are the same.
LOADER: Final = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


def read_text(path: Path, name: str | None = None) -> Source | Diagnostic:
    """Return the text of a UTF-8 file under the name people know it by, or why there is none.

    A byte order mark at the start is dropped. Line ends stay as they are.
    """
    shown = (name or str(path)).encode("utf-8", "replace").decode()
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
            size = file.seek(0, 2) if len(content) > MAX_BYTES and file.seekable() else len(content)
    except IsADirectoryError:
        return diagnose("K102", name=shown)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return diagnose("K101", name=shown, reason=reason.lower())
    if size > MAX_BYTES:
        return diagnose("K104", Span(Source(shown, ""), 0, 0), size=size, limit=MAX_BYTES)
    content = content.removeprefix(b"\xef\xbb\xbf")
    zero = content.find(b"\0")
    if zero >= 0:
        return _refuse_bytes(shown, content, zero)
    try:
        return Source(shown, content.decode())
    except UnicodeDecodeError as error:
        return _refuse_bytes(shown, content, error.start)


def _refuse_bytes(name: str, content: bytes, start: int) -> Diagnostic:
    """Return the refusal of the byte at an offset, its place shown in the likeliest reading."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return diagnose("K103", byte=1, value=content[0], guess="the file looks like UTF-16; ")
    encoding, guess = "utf-8", ""
    if content[start] != 0:
        try:
            content.decode("gb18030")
            encoding, guess = "gb18030", "the file looks like GBK; "
        except UnicodeDecodeError:
            pass
    text = content.decode(encoding, "replace")
    offset = len(content[:start].decode(encoding, "ignore"))
    span = Span(Source(name, text), offset, offset + 1)
    return diagnose("K103", span, byte=start + 1, value=content[start], guess=guess)


def parse_yaml(
    source: Source, time_keys: frozenset[str] = frozenset({"day_starts"})
) -> tuple[Node | None, list[Diagnostic]]:
    """Return the mapping a text holds, every part with its place, and all that is refused.

    The mapping is None where the text cannot be read to its end; with errors among the
    diagnostics it serves to find more of them and nothing else. The values of ``time_keys``
    may be unquoted times of day. Diagnostics are in reading order, 100 at most.

    >>> node, diagnostics = parse_yaml(Source("a.yaml", "empty: no"))
    >>> diagnostics[0].code
    'K119'
    """
    if len(source.text) > MAX_BYTES or len(source.text.encode(errors="replace")) > MAX_BYTES:
        size = len(source.text.encode(errors="replace"))
        return None, [diagnose("K104", Span(source, 0, 0), size=size, limit=MAX_BYTES)]
    text, refused = find_characters(source)
    composition = compose_nodes(source, text, time_keys, LOADER)
    failures: list[Diagnostic] = []
    # where characters were replaced, what fails to parse is most likely their doing
    if composition.failure is not None and not refused:
        composition, failures = _read_on(composition, text)
    diagnostics = refused + failures + composition.findings
    if composition.complete and not refused and not failures:
        diagnostics += _refuse_root(composition.root, source)
    diagnostics = in_reading_order(diagnostics)
    if len(diagnostics) > MAX_FINDINGS:
        del diagnostics[MAX_FINDINGS:]
        diagnostics.append(diagnose("K143", diagnostics[-1].span, limit=MAX_FINDINGS))
    whole = composition.failure is None and not failures
    return composition.root if whole and type(composition.root) is Mapping else None, diagnostics


def _read_on(composition: Composition, text: str) -> tuple[Composition, list[Diagnostic]]:
    """Return what can be read with every unreadable stretch made harmless, and what was wrong."""
    source, time_keys = composition.source, composition.time_keys
    failures: list[Diagnostic] = []
    while composition.failure is not None:
        failure = explain_failure(composition, composition.failure, text)
        if failure.diagnostic in failures:
            break
        failures.append(failure.diagnostic)
        if failure.repair is None or len(failures) == MAX_REPAIRS:
            break
        start, replacement = failure.repair
        repaired = text[:start] + replacement + text[start + len(replacement) :]
        if repaired == text:
            break
        text = repaired
        composition = compose_nodes(source, text, time_keys, LOADER)
    return composition, failures


def _refuse_root(root: Node | None, source: Source) -> list[Diagnostic]:
    match root:
        case Mapping():
            return []
        case None | Scalar(value="", style="plain"):
            return [diagnose("K108", Span(source, 0, 0))]
        case Scalar(style="plain", span=span):
            misspelt = explain_colon(source, span.start, span.end)
            if misspelt is not None:
                return [misspelt.diagnostic]
            return [diagnose("K109", span, found="one text")]
        case Scalar(span=span):
            return [diagnose("K109", span, found="one text")]
        case Sequence(span=span):
            return [diagnose("K109", span, found="a list")]
    assert_never(root)
