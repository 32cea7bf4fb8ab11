"""Where two results of one period part: how many rows differ, and in what the first one does."""

from collections.abc import Sequence

import polars as pl

from kpi_engine.execution.canon import canonical_row, canonical_value
from kpi_engine.execution.results import Results

_NOW = "~now"
_ROW = "~row"


def first_difference(then: Results, now: Results) -> str | None:
    """Return in words where two results part: subjects first, lines where these are alike."""
    key = _key(then)
    if key != _key(now):
        return f"the key is now {_listed(_key(now))}, it was {_listed(key)}"
    columns = _other_columns(then.subjects, now.subjects)
    rows = _first_row(then.subjects, now.subjects, key, "subject")
    if not columns and rows is None:
        rows = _first_row(then.lines, now.lines, [*key, "line"], "line")
    return "; ".join([*columns, *([rows] if rows is not None else [])]) or None


def _key(results: Results) -> list[str]:
    columns = results.subjects.columns
    return columns[: columns.index("period")]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _other_columns(then: pl.DataFrame, now: pl.DataFrame) -> list[str]:
    gone = [name for name in then.columns if name not in now.columns]
    new = [name for name in now.columns if name not in then.columns]
    said = [f"columns that are gone: {_listed(gone)}"] if gone else []
    return said + ([f"columns that are new: {_listed(new)}"] if new else [])


def _first_row(then: pl.DataFrame, now: pl.DataFrame, key: list[str], noun: str) -> str | None:
    """Return how many rows differ in the columns that both frames have, and the first of them."""
    columns = [name for name in then.columns if name in now.columns]
    before, after = (_texts(frame.select(columns)) for frame in (then, now))
    both = before.join(after, on=key, how="full", coalesce=True, suffix=_NOW)
    differing = both.filter(pl.col(_ROW).ne_missing(pl.col(f"{_ROW}{_NOW}"))).sort(key)
    if differing.is_empty():
        return None
    first = differing.row(0, named=True)
    who = ", ".join(f"{name} {first[name]}" for name in key)
    some = f"1 {noun} differs" if differing.height == 1 else f"{differing.height:,} {noun}s differ"
    if first[_ROW] is None or first[f"{_ROW}{_NOW}"] is None:
        where = "which is new" if first[_ROW] is None else "which is gone"
        return f"{some}, first {who}, {where}"
    others = [name for name in columns if name not in key and first[name] != first[f"{name}{_NOW}"]]
    return f"{some}, first {who} in {_listed(others)}"


def _texts(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the canonical text of every value, and of every row."""
    texts = [
        canonical_value(pl.col(name), dtype).alias(name) for name, dtype in frame.schema.items()
    ]
    return frame.select(*texts, canonical_row(frame).alias(_ROW))
