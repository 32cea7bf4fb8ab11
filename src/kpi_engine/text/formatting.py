"""One layout for YAML: the same values and comments, whatever they looked like.

What fits on a line stands in braces or brackets, unless a form says that it has lines of its own or
a comment stands inside. Comments behind values on successive lines are aligned.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass, field, replace
from typing import Final

from kpi_engine.text.forms import ANY, Form, in_braces, on_lines, part_kind
from kpi_engine.text.located import Entry, Mapping, Node, Scalar, Sequence
from kpi_engine.text.quoting import one_line
from kpi_engine.text.remarks import Remark, find_remarks, is_ignoring
from kpi_engine.text.render import cells
from kpi_engine.text.source import Source

WIDTH: Final = 100
_STEP: Final = 2
_LEAD = re.compile(r"[ \t-]*")


@dataclass(frozen=True, slots=True)
class _Line:
    indent: int
    text: str
    remark: str = ""
    blank: bool = False


@dataclass(slots=True)
class _Page:
    """The lines printed so far, and the comments that are still to be printed."""

    source: Source
    form: Form
    remarks: list[Remark]
    lines: list[_Line] = field(default_factory=list)

    def look(self, start: int, end: int) -> list[Remark]:
        """Return the comments of a stretch."""
        first = bisect_left(self.remarks, start, key=_place_of)
        return self.remarks[first : bisect_left(self.remarks, end, first, key=_place_of)]

    def take(self, start: int, end: int) -> list[Remark]:
        """Return the comments of a stretch, which are then no longer to be printed."""
        taken = self.look(start, end)
        if taken:
            first = bisect_left(self.remarks, start, key=_place_of)
            del self.remarks[first : first + len(taken)]
        return taken


def _place_of(remark: Remark) -> int:
    return remark.start


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value is printed: its words so far, and the stretch of the source that is its own.

    ``kept`` says that a comment speaks of its line: it has to stay on as many lines as it has.
    """

    indent: int
    head: str
    start: int
    limit: int
    kept: bool


def format_nodes(root: Mapping, form: Form) -> str:
    """Return the text of a file that was read without mistakes, in the layout of its kind."""
    source = root.span.source
    if not root.entries:
        remarks = [_Line(0, remark.text) for remark in find_remarks(root)]
        return "".join(_printed([*remarks, _Line(0, "{}")]))
    page = _Page(source, form, find_remarks(root))
    order = {key: place for place, key in enumerate(form.order)}
    known = all(entry.key.value in order for entry in root.entries)
    entries = sorted(root.entries, key=lambda e: order[e.key.value]) if known else [*root.entries]
    if entries[0] is not root.entries[0]:
        # what the file begins with speaks of the file, whatever key stood first
        _print_head(page, root.entries[0])
    head = page.lines
    chunks: dict[str, list[_Line]] = {}
    limits = [entry.key.span.start for entry in root.entries[1:]] + [len(source.text)]
    for entry, limit in zip(root.entries, limits, strict=True):
        page.lines = []
        _print_part(page, entry, form.root, 0, limit, first=False)
        chunks[entry.key.value] = page.lines
        if entry.key.value in form.spaced:
            page.lines[0] = replace(page.lines[0], blank=True)
    rest = [_Line(0, r.text, blank=_after_blank(source, r.start)) for r in page.remarks]
    lines = [*head, *(line for entry in entries for line in chunks[entry.key.value]), *rest]
    lines[0] = replace(lines[0], blank=False)
    return "".join(_printed(_aligned(lines)))


def _print_head(page: _Page, first: Entry) -> None:
    start = first.key.span.start
    before = page.look(0, start)
    cuts = [remark.start for remark in before[1:] if _after_blank(page.source, remark.start)]
    if _after_blank(page.source, start):
        cuts.append(start)
    if before:
        _print_remarks(page, cuts[-1] if cuts else before[0].start + 1, 0, first=True)


def _print_remarks(page: _Page, end: int, indent: int, *, first: bool) -> None:
    """Print the comments that are left before a place, each on a line of its own."""
    for number, remark in enumerate(page.take(0, end)):
        blank = _after_blank(page.source, remark.start) and not (first and number == 0)
        page.lines.append(_Line(indent, remark.text, blank=blank))


def _print_part(  # noqa: PLR0913 (a part, and where it stands)
    page: _Page, part: Entry | Node, kind: str, indent: int, limit: int, *, first: bool
) -> None:
    """Print an entry or item with the comments around it; ``limit`` is where the next starts."""
    start = _start(part)
    kept = any(map(is_ignoring, page.look(0, start)))
    before = len(page.lines)
    _print_remarks(page, start, indent, first=first)
    at = len(page.lines)
    blank = _after_blank(page.source, start) and not (first and before == at)
    if isinstance(part, Entry):
        head = f"{one_line(part.key, key=True, flow=False)}:"
        place = _Place(indent, head, start, limit, kept)
        _print_value(page, part.value, part_kind(page.form, kind, part.key.value), place)
    else:
        place = _Place(indent + _STEP, "", start, limit, kept)
        _print_value(page, part, part_kind(page.form, kind, ANY), place)
        dashed = next(n for n in range(at, len(page.lines)) if page.lines[n].text[:1] != "#")
        line = page.lines[dashed]
        page.lines[dashed] = replace(line, indent=indent, text=f"- {line.text}".rstrip())
    page.lines[at] = replace(page.lines[at], blank=blank)


def _print_value(page: _Page, node: Node, kind: str, place: _Place) -> None:
    inner = _inner_end(page, node, place.limit)
    end = max(node.span.end, inner)
    beside = page.take(end, min(_line_end(page.source, node.span.end), place.limit))
    whole = None
    if isinstance(node, Scalar) or not _is_remarked(page, node, place, inner):
        whole = in_braces(page.form, node, kind)
    if whole is not None:
        line = f"{place.head} {whole}".strip()
        kept = place.kept or any(map(is_ignoring, beside))
        if _fits(node, place.indent + cells(line), kept=kept):
            _put(page, place.indent, line, [*page.take(place.start, node.span.end), *beside])
            return
    if not isinstance(node, Scalar):
        _print_parts(page, node, kind, place, beside)
        return
    deeper = place.indent + (_STEP if place.head else 0)
    one = one_line(node, key=False, flow=False)
    opening, lines = on_lines(page.form, node, kind, WIDTH - deeper) or (one, [])
    remarks = [*page.take(place.start, node.span.end), *beside]
    _put(page, place.indent, f"{place.head} {opening}".strip(), remarks)
    page.lines += [_Line(deeper if line else 0, line) for line in lines]


def _is_remarked(page: _Page, node: Mapping | Sequence, place: _Place, end: int) -> bool:
    """Return whether a comment stands inside a value, or alone between its key and it."""
    parts = node.entries if isinstance(node, Mapping) else node.items
    return bool(parts) and any(
        remark.alone or remark.start >= node.span.start for remark in page.look(place.start, end)
    )


def _fits(node: Node, width: int, *, kept: bool) -> bool:
    """Return whether a value is printed on one line; one that is kept, where it stands on one."""
    text = node.span.source.text[node.span.start : node.span.end]
    broken = "\n" in text.rstrip("\n")
    if kept and isinstance(node, Scalar):
        return not broken
    if kept and not isinstance(node, Scalar) and not (node.flow and broken):
        return node.flow
    return width <= WIDTH


def _put(page: _Page, indent: int, line: str, remarks: list[Remark]) -> None:
    """Print a line with the last of its comments behind it, the others above."""
    *others, last = (remark.text for remark in remarks) if remarks else ("",)
    page.lines += [_Line(indent, text) for text in others]
    page.lines.append(_Line(indent, line, last))


def _print_parts(
    page: _Page, node: Mapping | Sequence, kind: str, place: _Place, beside: list[Remark]
) -> None:
    """Print the entries or items of a value, each on lines of its own."""
    parts: tuple[Entry, ...] | tuple[Node, ...]
    parts = node.entries if isinstance(node, Mapping) else node.items
    starts = [_start(part) for part in parts]
    indent = place.indent
    if place.head:
        behind = page.source.text.find("\n", place.start)
        mine = page.take(place.start, min(behind, starts[0]) if behind >= 0 else starts[0])
        _put(page, indent, place.head, [*mine, *beside])
        indent += _STEP
    else:
        # behind a dash no comment has a line
        above = [*page.take(place.start, starts[0]), *beside]
        page.lines += [_Line(indent - _STEP, remark.text) for remark in above]
    first = bool(place.head)
    end = node.span.end if node.flow else place.limit
    for part, limit in zip(parts, [*starts[1:], end], strict=True):
        _print_part(page, part, kind, indent, limit, first=first)
        first = False
    _print_remarks(page, _dangling(page, node, place.limit), indent, first=False)


def _start(part: Entry | Node) -> int:
    return part.key.span.start if isinstance(part, Entry) else part.span.start


def _inner_end(page: _Page, node: Node, limit: int) -> int:
    """Return where the comments end that stand inside a value."""
    if isinstance(node, Scalar) or node.flow:
        return node.span.end
    return max(_line_end(page.source, node.span.end), _dangling(page, node, limit))


def _dangling(page: _Page, node: Mapping | Sequence, limit: int) -> int:
    """Return where the comments end that stand behind a value's last part and belong to it."""
    end = node.span.end
    if node.flow:
        return end
    source = page.source
    column = node.span.start - (source.text.rfind("\n", 0, node.span.start) + 1)
    for remark in page.look(end, limit):
        if remark.alone and remark.column < column:
            break
        end = remark.start + 1
    return end


def _after_blank(source: Source, start: int) -> bool:
    """Return whether a place is the first on its line, and the line above is empty."""
    line = source.text.rfind("\n", 0, start) + 1
    if line == 0 or _LEAD.fullmatch(source.text, line, start) is None:
        return False
    above = source.text.rfind("\n", 0, line - 1) + 1
    return not source.text[above : line - 1].strip()


def _line_end(source: Source, place: int) -> int:
    # a block of lines ends where the next line starts
    if place and source.text[place - 1] == "\n":
        return place
    end = source.text.find("\n", place)
    return end if end >= 0 else len(source.text)


def _aligned(lines: list[_Line]) -> list[_Line]:
    """Return lines with the comments of successive ones in one column, where there is room."""
    done: list[_Line] = []
    run: list[_Line] = []
    for line in [*lines, _Line(0, "")]:
        if line.remark and not line.blank:
            run.append(line)
            continue
        done += _run_aligned(run)
        run = [line] if line.remark else []
        done += [] if line.remark else [line]
    return done[:-1]


def _run_aligned(run: list[_Line]) -> list[_Line]:
    widths = [line.indent + cells(line.text) for line in run]
    most = max(widths, default=0)
    if any(most + _STEP + cells(line.remark) > WIDTH for line in run):
        return run
    return [
        replace(line, text=line.text + " " * (most - width))
        for line, width in zip(run, widths, strict=True)
    ]


def _printed(lines: list[_Line]) -> list[str]:
    return [
        ("\n" if line.blank else "")
        + " " * line.indent
        + line.text
        + (f"{' ' * _STEP}{line.remark}" if line.remark else "")
        + "\n"
        for line in lines
    ]
