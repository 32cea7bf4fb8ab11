"""Texts that are no YAML at all: what went wrong, where, and how reading may go on."""

import re
from dataclasses import dataclass

import yaml

from kpi_engine.text.commas import cut_formula
from kpi_engine.text.composition import Composition
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.located import Scalar
from kpi_engine.text.source import Source, Span

_CLOSER_BY_OPENER = {"[": "]", "{": "}", "(": ")", '"': '"', "'": "'"}
_GLUED = re.compile(r"[^\s:'\"]+:(?=[^\s:/])")


@dataclass(frozen=True, slots=True)
class Failure:
    """The diagnostic, and text of the same length that lets reading go on from an offset."""

    diagnostic: Diagnostic
    repair: tuple[int, str] | None = None


def explain_failure(composition: Composition, error: yaml.MarkedYAMLError, text: str) -> Failure:
    """Return what is wrong where YAML gave up, in the words of people who write rulesets."""
    source = composition.source
    offset = _offset(error.problem_mark, text)
    frame = composition.frames[-1] if composition.frames else None
    last = composition.last
    flow = frame is not None and frame.flow
    if frame is not None and frame.flow:
        entries = [node for entry in frame.entries for node in (entry.key, entry.value)]
        formula = cut_formula([*frame.items, *entries, frame.key])
        if formula is not None:
            return _cut_formula(source, text, formula, "{ }" if frame.mapping else "[ ]")
    problem = f"{error.context or ''} {error.problem or ''}"
    context = _offset(error.context_mark, text)
    if "quoted scalar" in problem or "double-quoted" in problem:
        if "escape" in problem or "hex" in problem:
            return _bad_escape(source, text, offset)
        return _open_quote(source, text, context, flow=flow)
    if last is not None and _swallowed_lines(last, text, offset):
        return _open_quote(source, text, last.span.start, flow=flow)
    if "document start" in problem:
        return Failure(diagnose("K114", Span(source, offset, _line_bounds(text, offset)[1])))
    if "flow mapping" in problem or "flow sequence" in problem or "flow node" in problem:
        return _in_brackets(composition, text, offset, frame.start if frame else context)
    if "simple key" in problem:
        return _without_colon(source, text, context)
    return _in_block(source, text, offset, (error.problem or "").split(", but")[0])


def _offset(mark: yaml.Mark | None, text: str) -> int:
    return min(mark.index, len(text)) if mark is not None else 0


def _line_bounds(text: str, offset: int) -> tuple[int, int]:
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    end = len(text) if end < 0 else end
    while end > start and text[end - 1] in " \t\r":
        end -= 1
    return start, end


def _formula_end(text: str, start: int) -> int:
    """Return the end of a formula that starts here, quotes and brackets kept together."""
    closers: list[str] = []
    for offset in range(start, len(text)):
        character = text[offset]
        if closers and character == closers[-1]:
            closers.pop()
        elif closers and closers[-1] in "\"'":
            continue
        elif character in _CLOSER_BY_OPENER:
            closers.append(_CLOSER_BY_OPENER[character])
        elif character == "\n" or (not closers and character in ",]}"):
            return offset
    return len(text)


def _cut_formula(source: Source, text: str, formula: Scalar, brackets: str) -> Failure:
    start = formula.span.start
    end = start + len(text[start : _formula_end(text, start)].rstrip())
    return Failure(
        diagnose("K125", Span(source, start, end), brackets=brackets), _masked(start, end)
    )


def _bad_escape(source: Source, text: str, offset: int) -> Failure:
    start = text.rfind("\\", 0, offset + 1)
    width = 2 if text[start + 1 : start + 2].strip() else 1
    end = start + width
    return Failure(diagnose("K139", Span(source, start, end)), _masked(start, end))


def _open_quote(source: Source, text: str, start: int, *, flow: bool) -> Failure:
    quote = text[start : start + 1]
    _, end = _line_bounds(text, start)
    doubled = "''" if quote == "'" else '\\"'
    diagnostic = diagnose("K132", Span(source, start, start + 1), quote=quote, doubled=doubled)
    return Failure(diagnostic, None if flow else _masked(start, end))


def _swallowed_lines(last: Scalar, text: str, offset: int) -> bool:
    """Return whether a quote took in lines up to where reading failed, right behind its end."""
    written = text[last.span.start : last.span.end]
    between = text[last.span.end : offset]
    return last.style in ("single", "double") and "\n" in written and "\n" not in between


def _in_brackets(composition: Composition, text: str, offset: int, start: int) -> Failure:
    source = composition.source
    opener = text[start : start + 1]
    closer = _CLOSER_BY_OPENER.get(opener, "]")
    found = text[offset : offset + 1].strip()
    if found == ":" and text[:offset].rstrip().endswith(("{", ",")):
        return Failure(diagnose("K118", Span(source, offset, offset + 1)))
    if not found or found in "]}" or "\n" in text[start:offset].rstrip() or opener not in "[{":
        word = f"`{found}`" if found else "the end of the text"
        span = Span(source, start, start + 1)
        return Failure(diagnose("K133", span, opener=opener, closer=closer, found=word))
    span = Span(source, offset, offset + 1)
    last = composition.last
    repair = None
    if (
        last is not None
        and start < last.span.start < last.span.end
        and "\n" not in text[last.span.start : offset]
    ):
        repair = _masked(last.span.start, _formula_end(text, last.span.start))
    return Failure(diagnose("K134", span, found=f"`{found}`", closer=closer), repair)


def _without_colon(source: Source, text: str, start: int) -> Failure:
    start, end = _content_bounds(text, start)
    misspelt = explain_colon(source, start, end)
    if misspelt is not None:
        return misspelt
    return Failure(diagnose("K136", Span(source, start, end)), (start, "#" * (end - start)))


def explain_colon(source: Source, start: int, end: int) -> Failure | None:
    """Return what is wrong with the colon of a line, or None where it has none at all."""
    line = source.text[start:end]
    wide = line.find("\uff1a")
    if wide >= 0:
        place = start + wide
        repair = ":" if place + 1 == end else ": "
        return Failure(diagnose("K138", Span(source, place, place + 1)), (place, repair))
    glued = _GLUED.match(line)
    if glued is None:
        return None
    place = start + glued.end() - 1
    return Failure(diagnose("K137", Span(source, place, place + 1)), (place, ": "))


def _in_block(source: Source, text: str, offset: int, problem: str) -> Failure:
    start, end = _line_bounds(text, offset)
    key_start, colon, value_start = _line_parts(text, start, end)
    mask = _masked(value_start, end)
    if "mapping values" in problem:
        if colon != offset:
            return Failure(diagnose("K131", Span(source, offset, offset + 1)), mask)
        above = _colon_above(source, text, start)
        if above is not None:
            return above
    if text.startswith(":", offset) and offset == key_start:
        mask = (key_start, "#" * (end - key_start))
        return Failure(diagnose("K118", Span(source, offset, offset + 1)), mask)
    if value_start <= offset < end:
        opener = text[value_start]
        place = Span(source, value_start, value_start + 1)
        if opener in "|>":
            return Failure(diagnose("K140", place, start=opener), mask)
        if opener in "[{\"'" and offset > value_start:
            rest = Span(source, offset, end)
            return Failure(diagnose("K141", rest, closer=_CLOSER_BY_OPENER[opener]), mask)
        if opener in "@`%!&*]},?-":
            if colon is None:
                mask = (value_start, "#" * (end - value_start))
            return Failure(diagnose("K130", place, start=opener), mask)
    if colon is not None and key_start <= offset <= colon:
        return Failure(diagnose("K135", Span(source, key_start, colon)))
    return Failure(diagnose("K142", Span(source, min(offset, end), end)))


def _line_parts(text: str, start: int, end: int) -> tuple[int, int | None, int]:
    """Return where the key of a line starts, where its colon is, and where its value starts."""
    key = start
    while text.startswith((" ", "- "), key, end):
        key += 1
    colon = text.find(": ", key, end)
    if colon < 0:
        return (key, end - 1, end) if text.endswith(":", key, end) else (key, None, key)
    value = colon + 1
    while text.startswith(" ", value, end):
        value += 1
    return key, colon, value


def _colon_above(source: Source, text: str, start: int) -> Failure | None:
    above = text[:start].rstrip()
    if not above:
        return None
    begin, end = _content_bounds(text, len(above) - 1)
    line = text[begin:end]
    return None if ": " in line or line.endswith(":") else explain_colon(source, begin, end)


def _content_bounds(text: str, offset: int) -> tuple[int, int]:
    start, end = _line_bounds(text, offset)
    line = text[start:end]
    return start + len(line) - len(line.lstrip(" -")), end


def _masked(start: int, end: int) -> tuple[int, str]:
    return start, "x" * (end - start)
