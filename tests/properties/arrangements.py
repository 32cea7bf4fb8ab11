"""The same rows given in other ways: in another order, in pieces, in several Parquet files."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import polars as pl

Frames = Mapping[str, pl.DataFrame]
Given = dict[str, pl.LazyFrame]

SHUFFLES = (1, 2, 3, 4, 5)
PIECES = 7


def in_order_of(frames: Frames, seed: int) -> Given:
    """Return the rows in a random order."""
    return {
        name: frame.sample(fraction=1.0, shuffle=True, seed=seed).lazy()
        for name, frame in frames.items()
    }


def dealt_out(frames: Frames, _: Path) -> Given:
    """Return every seventh row as a piece: neighbours are torn apart."""
    return {
        name: pl.concat([frame.gather_every(PIECES, n).lazy() for n in range(PIECES)])
        for name, frame in frames.items()
    }


def cut_up(frames: Frames, _: Path) -> Given:
    """Return neighbouring rows as pieces of growing size, the first ones of no row and of one."""
    return {
        name: pl.concat([piece.lazy() for piece in _growing(frame)])
        for name, frame in frames.items()
    }


def in_files(frames: Frames, folder: Path) -> Given:
    """Return the rows of several Parquet files, each of many small groups of rows."""
    return {name: _filed(frame, folder / name) for name, frame in frames.items()}


def backwards_in_files(frames: Frames, folder: Path) -> Given:
    """Return the rows sorted by all columns, the last first, of several Parquet files."""
    return {
        name: _filed(frame.sort(frame.columns, descending=True), folder / name)
        for name, frame in frames.items()
    }


PARTITIONINGS: Mapping[str, Callable[[Frames, Path], Given]] = {
    "dealt out": dealt_out,
    "cut up": cut_up,
    "in files": in_files,
    "backwards in files": backwards_in_files,
}


def _growing(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    start, size = 0, 1
    yield frame.clear()
    while start < frame.height:
        yield frame.slice(start, size)
        start, size = start + size, size * 3


def _filed(frame: pl.DataFrame, folder: Path) -> pl.LazyFrame:
    folder.mkdir()
    for number in range(PIECES):
        piece = frame.gather_every(PIECES, number)
        piece.write_parquet(folder / f"{number}.parquet", row_group_size=50)
    return pl.scan_parquet(folder)
