"""Folders written whole or not at all."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

import polars as pl
from polars.exceptions import ComputeError

from kpi_engine.text.diagnostics import diagnose
from kpi_engine.text.errors import DataError

_PARTIAL = ".partial"
_REPLACED = ".replaced"


@contextmanager
def placed(folder: str | Path, is_ours: Callable[[Path], bool]) -> Iterator[Path]:
    """Give a folder to write into, which afterwards stands where it belongs, as a whole.

    It is written beside its place under another name, and moved there at once. A folder there that
    is empty or ``is_ours`` is replaced; anything else refuses the write.

    Raises:
        DataError: something else stands there, or the folder cannot be written. What stood there
            stands there still.
    """
    target = Path(folder).absolute()
    with _reporting(target):
        if target.exists() and not _may_be_replaced(target, is_ours):
            raise DataError([diagnose("K450", folder=folder)])
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.parent / f".{target.name}.{token_hex(8)}{_PARTIAL}"
        partial.mkdir()
        try:
            yield partial
            _flush_folder(partial)
            _move_into_place(partial, target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def write_frame(frame: pl.DataFrame, file: Path) -> None:
    """Write a frame into a Parquet file, or a CSV file if its name says so, down to the disk."""
    with file.open("wb") as opened:
        if file.suffix.lower() == ".csv":
            frame.write_csv(opened)
        else:
            frame.write_parquet(opened)
        os.fsync(opened.fileno())


def write_text(text: str, file: Path) -> None:
    """Write a text in UTF-8, down to the disk."""
    with file.open("w", encoding="utf-8") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())


@contextmanager
def _reporting(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ComputeError) as error:
        # Polars speaks for the operating system where a frame could not be written
        reason = error.strerror if isinstance(error, OSError) else None
        shown = (reason or str(error)).lower()
        raise DataError([diagnose("K451", folder=folder, reason=shown)]) from error


def _may_be_replaced(folder: Path, is_ours: Callable[[Path], bool]) -> bool:
    """Return whether a folder is empty or holds what was written before and nothing else."""
    if not folder.is_dir() or folder.is_symlink():
        return False
    return next(folder.iterdir(), None) is None or is_ours(folder)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _move_into_place(partial: Path, target: Path) -> None:
    if not target.exists():
        partial.rename(target)
    else:
        aside = partial.with_suffix(_REPLACED)
        target.rename(aside)
        try:
            partial.rename(target)
        except OSError:
            aside.rename(target)
            raise
        shutil.rmtree(aside, ignore_errors=True)
    _flush_folder(target.parent)
