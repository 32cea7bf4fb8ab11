"""The canonical text of a result, and its hash: equal wherever the rows and rules are equal."""

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import polars as pl

_TITLE: Final = "kpi_engine result 1"
_NULL: Final = r"\N"
_ESCAPES: Final = (("\\", r"\\"), ("\t", r"\t"), ("\n", r"\n"), ("\r", r"\r"))
_PLACES: Final = ("file", "line_number")
_ROWS_AT_ONCE: Final = 65_536


def result_hash(subjects: pl.DataFrame, lines: pl.DataFrame) -> str:
    r"""Return the SHA-256 of the canonical text of two frames, in hexadecimal digits.

    Where a rule is written is no part of a result: the columns ``file`` and ``line_number`` of the
    lines stay out of it.

    The text is UTF-8, each line ended by a line feed: a title, then for each frame its name, its
    column names and its rows in their order. Values are separated by tabs, and `\`, tab, line feed
    and carriage return inside them are written `\\`, `\t`, `\n` and `\r`. A missing value is `\N`.
    Whole numbers are in decimal digits, decimals with all their places, conditions `true` or
    `false`, days `2026-10-01`, times `2026-10-01T08:00:00.000000Z`.

    >>> frame = pl.DataFrame({"agent_id": ["a1"], "pay": [179980]})
    >>> result_hash(frame, frame)[:8]
    'e962a20a'
    """
    digest = hashlib.sha256()
    for line in canonical_lines(subjects, lines):
        digest.update(line.encode())
        digest.update(b"\n")
    return digest.hexdigest()


def canonical_lines(subjects: pl.DataFrame, lines: pl.DataFrame) -> Iterator[str]:
    """Return the canonical text of two frames, line by line."""
    yield _TITLE
    placeless = lines.drop(_PLACES, strict=False)
    for name, frame in (("subjects", subjects), ("lines", placeless)):
        yield name
        yield "\t".join(_escaped(column) for column in frame.columns)
        for part in frame.iter_slices(_ROWS_AT_ONCE):
            yield from part.select(canonical_row(part)).to_series()


def canonical_row(frame: pl.DataFrame) -> pl.Expr:
    """Return the canonical text of the rows of a frame."""
    return _row_of(tuple(frame.schema.items()))


@lru_cache(maxsize=64)
def _row_of(columns: tuple[tuple[str, pl.DataType], ...]) -> pl.Expr:
    """Return the text of rows; the shops of a fleet, hashed one by one, have the same columns."""
    return pl.concat_str([_cell(pl.col(name), dtype) for name, dtype in columns], separator="\t")


def _cell(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    text = canonical_value(value, dtype)
    if dtype == pl.String:
        for character, written in _ESCAPES:
            text = text.str.replace_all(character, written, literal=True)
    return text.fill_null(_NULL)


def canonical_value(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Return the canonical text of a value by itself, where nothing has to be escaped."""
    if dtype == pl.String:
        return value
    if isinstance(dtype, pl.Datetime):
        return value.dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
    if dtype == pl.Date:
        return value.dt.strftime("%Y-%m-%d")
    if dtype == pl.Boolean or dtype.is_integer() or dtype.is_decimal():
        return value.cast(pl.String)
    raise TypeError(dtype)


def _escaped(text: str) -> str:
    for character, written in _ESCAPES:
        text = text.replace(character, written)
    return text
