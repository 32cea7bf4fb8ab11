"""CSV files held to their form before a value is read: UTF-8, one header, rows of one length."""

import codecs
import csv
import hashlib
from pathlib import Path

import polars as pl

from kpi_engine.text.diagnostics import Diagnostic, diagnose

_CHUNK = 1 << 22
_QUOTE = '"'
_BOM = "\ufeff"


def digest_text(path: Path) -> tuple[str, Diagnostic | None]:
    """Return the SHA-256 of a file, and the refusal of the first byte that is not UTF-8 text.

    Raises:
        OSError: the file cannot be read.
    """
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    refusal: Diagnostic | None = None
    read = lines = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            digest.update(chunk)
            if refusal is None:
                pending = decoder.getstate()[0]
                try:
                    decoder.decode(chunk, final=not chunk)
                except UnicodeDecodeError as error:
                    refusal = _refuse_byte(path, pending + chunk, error.start, read, lines)
            read += len(chunk)
            lines += chunk.count(b"\n")
            if not chunk:
                return digest.hexdigest(), refusal


def _refuse_byte(path: Path, content: bytes, start: int, read: int, lines: int) -> Diagnostic:
    """Return the refusal of a byte of a chunk; ``read`` bytes and ``lines`` came before it."""
    guess = ""
    if read == 0 and content.startswith((b"\xff\xfe", b"\xfe\xff")):
        guess = "the file looks like UTF-16; "
    else:
        whole_lines = content[: content.rfind(b"\n") + 1] or content
        try:
            whole_lines.decode("gb18030")
            guess = "the file looks like GBK; "
        except UnicodeDecodeError:
            pass
    return diagnose(
        "K410",
        file=path.name,
        byte=read + start + 1,
        value=content[start],
        line=lines + content.count(b"\n", 0, start) + 1,
        guess=guess,
    )


def read_header(path: Path) -> list[str]:
    """Return the names in the first row of a UTF-8 file, none where it is empty."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file), [])


def check_header(path: Path, names: list[str]) -> list[Diagnostic]:
    """Return what is wrong with the header of a file."""
    if not names:
        return [diagnose("K411", file=path.name)]
    if len(names) == 1:
        for mark, word in ((";", "`;`"), ("\t", "tabs"), ("|", "`|`")):
            if mark in names[0]:
                return [diagnose("K412", file=path.name, found=word)]
    twice = sorted({name for name in names if names.count(name) > 1})
    return [diagnose("K413", file=path.name, name=name) for name in twice]


def check_rows(path: Path, fields: int) -> tuple[list[Diagnostic], bool]:
    """Return what is wrong with the form of the rows, and whether some lines are blank.

    No value is looked at. Without a quote in the file every line is a row and nothing is kept in
    memory; with quotes the lines are.
    """
    lines = pl.scan_lines(path, glob=False)
    counts = lines.select(
        quoted=(_count(_QUOTE) > 0).any(),
        blank=_IS_BLANK.any(),
        uneven=((_count(",") != fields - 1) & ~_IS_BLANK).any(),
    ).collect(engine="streaming")
    quoted, has_blank, uneven = (bool(value) for value in counts.row(0))
    if not quoted and not uneven:
        return [], has_blank
    rows = _rows_of_lines(lines)
    for code, fault in (("K415", pl.col("open")), ("K416", ~_is_well_quoted())):
        wrong = rows.filter(fault)
        if wrong.height:
            return [diagnose(code, file=path.name, line=wrong["number"].min())], has_blank
    wrong = rows.filter(pl.col("fields") != fields).sort("number")
    if wrong.is_empty():
        return [], has_blank
    line, found = wrong["number"][0], wrong["fields"][0]
    facts = {"line": line, "found": found, "expected": fields, "count": wrong.height}
    return [diagnose("K414", file=path.name, **facts)], has_blank


_IS_BLANK = pl.col("line").str.strip_chars_end("\r").str.len_bytes() == 0


def _count(character: str) -> pl.Expr:
    return pl.col("line").str.count_matches(character, literal=True).cast(pl.Int64)


def _is_well_quoted() -> pl.Expr:
    """Return whether quotes stand around whole values, or within one on one line."""
    value = r'(?:"(?:[^"]|"")*"|[^",\n][^,\n]*|)'
    return pl.col("text").str.contains(rf"^{value}(?:,{value})*$")


def _rows_of_lines(lines: pl.LazyFrame) -> pl.DataFrame:
    """Return the rows of a file: the number of their first line, their fields, open, their text.

    A line belongs to the row before it while that one has an odd number of quotes. The text is
    kept of rows with quotes alone.
    """
    before = pl.col("quotes").cum_sum() - pl.col("quotes")
    read = (
        lines.with_columns(line=pl.col("line").str.strip_chars_end("\r").str.strip_prefix(_BOM))
        .select(
            "line", number=pl.int_range(1, pl.len() + 1), quotes=_count(_QUOTE), blank=_IS_BLANK
        )
        .with_columns(starts=before % 2 == 0)
        .with_columns(row=pl.col("starts").cum_sum())
        .collect()
    )
    is_plain = (pl.col("quotes") == 0) & pl.col("starts")
    plain = read.filter(is_plain & ~pl.col("blank")).select(
        "number",
        fields=_count(",") + 1,
        open=False,
        text=pl.lit("", dtype=pl.String),
    )
    quoted = (
        read.filter(~is_plain)
        .group_by("row")
        .agg(
            pl.col("number").min(),
            open=pl.col("quotes").sum() % 2 == 1,
            text=pl.col("line").str.join("\n"),
        )
    )
    # what stands between quotes goes first, so that the commas left are those between values
    bare = pl.col("text").str.replace_all(r'(^|,)"(?:[^"]|"")*"', "${1}")
    fields = bare.str.count_matches(",", literal=True).cast(pl.Int64) + 1
    return pl.concat([plain, quoted.select("number", fields.alias("fields"), "open", "text")])
