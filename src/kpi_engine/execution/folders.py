"""Results on disk: written whole or not at all, and read back."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import polars as pl
from polars.exceptions import PolarsError

from kpi_engine.execution.canon import result_hash
from kpi_engine.execution.fleetresults import FleetReceipt, FleetResults
from kpi_engine.execution.placing import placed, write_frame, write_text
from kpi_engine.execution.results import Receipt, Results
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.errors import DataError

RECEIPT = "receipt.json"
FRAMES = ("subjects", "lines", "rejects")
FILES = frozenset({RECEIPT, *(f"{name}.parquet" for name in FRAMES)})
"""The files of a result."""


def write_results(results: Results | FleetResults, folder: str | Path) -> None:
    """Write the four files of a result into a folder, all of them or none.

    They are written beside the folder under another name, flushed to disk and moved into place at
    once. An earlier result in the folder is replaced; anything else in it refuses the write.
    Whoever reads the folder meets the old result or the new one; in the instant between them,
    none.

    Raises:
        DataError: the folder holds something else than a result, or cannot be written. What stood
            there stands there still.
    """
    with placed(folder, _is_result) as partial:
        _write_files(results, partial)


@dataclass(frozen=True, slots=True)
class Written:
    """A result as it stands in a folder: the text of its receipt, the hash that its rows have."""

    results: Results
    receipt_text: str
    result_hash: str


@dataclass(frozen=True, slots=True)
class WrittenFleet:
    """The results of a fleet as they stand in a folder, and the hash that their rows have."""

    results: FleetResults
    result_hash: str


def read_results(folder: str | Path) -> Results:
    """Return the result that was written into a folder, its hash checked.

    Raises:
        DataError: the folder holds no result, or one that is not what was written.
    """
    written = read_written(folder)
    if isinstance(written, WrittenFleet):
        raise DataError([diagnose("K664", folder=folder, name=written.results.receipt["fleet"])])
    refuse_changed(written, folder)
    return written.results


def read_fleet_results(folder: str | Path) -> FleetResults:
    """Return the results of a fleet that were written into a folder, their hash checked.

    Raises:
        DataError: the folder holds no results of a fleet, or such as are not what was written.
    """
    written = read_written(folder)
    if isinstance(written, Written):
        raise DataError([diagnose("K665", folder=folder)])
    refuse_changed(written, folder)
    return written.results


def holds_fleet(folder: str | Path) -> bool:
    """Return whether a folder holds the results of a fleet."""
    try:
        receipt = json.loads((Path(folder) / RECEIPT).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return _is_receipt(receipt) and "fleet" in receipt


def refuse_changed(written: Written | WrittenFleet, folder: str | Path) -> None:
    """Raise `DataError` where a result is not the one its receipt speaks of."""
    changed = changed_result(written, folder)
    if changed is not None:
        raise DataError([changed])


def changed_result(written: Written | WrittenFleet, folder: str | Path) -> Diagnostic | None:
    """Return what is wrong where a result is not the one its receipt speaks of."""
    found, expected = written.result_hash, written.results.receipt["result_hash"]
    if found == expected:
        return None
    return diagnose("K453", folder=folder, found=found, expected=expected)


def read_written(folder: str | Path) -> Written | WrittenFleet:
    """Return what stands in the folder of a result, whether or not it is what was written.

    Raises:
        DataError: the folder holds no result.
    """
    text, document, (subjects, lines, rejects) = _read_files(folder)
    digest = result_hash(subjects, lines)
    if "fleet" in document:
        receipt = cast("FleetReceipt", document)
        return WrittenFleet(FleetResults(subjects, lines, rejects, receipt, None), digest)
    results = Results(subjects, lines, rejects, cast("Receipt", document))
    return Written(results, text, digest)


def _read_files(folder: str | Path) -> tuple[str, dict[str, object], list[pl.DataFrame]]:
    """Return the text of a receipt, what it says, and the frames beside it."""
    place = Path(folder)
    try:
        text = (place / RECEIPT).read_text("utf-8")
        receipt = json.loads(text)
        frames = [pl.read_parquet(place / f"{name}.parquet") for name in FRAMES]
    except OSError as error:
        reason = f"`{Path(error.filename or place).name}`: {(error.strerror or str(error)).lower()}"
        raise DataError([diagnose("K452", folder=folder, reason=reason)]) from error
    except (PolarsError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise DataError([diagnose("K452", folder=folder, reason=reason)]) from error
    if not _is_receipt(receipt):
        raise DataError([diagnose("K452", folder=folder, reason="its receipt is another one's")])
    return text, receipt, frames


def whole_receipt(receipt: Receipt, folder: str | Path) -> Receipt:
    """Return a receipt that says all that receipts say.

    Raises:
        DataError: it was written by a version of the package that said less.
    """
    _refuse_lacking(Receipt.__required_keys__ - receipt.keys(), folder)
    return receipt


def whole_fleet_receipt(receipt: FleetReceipt, folder: str | Path) -> FleetReceipt:
    """Return the receipt of a fleet that says all that such receipts say.

    Raises:
        DataError: it was written by a version of the package that said less.
    """
    _refuse_lacking(FleetReceipt.__required_keys__ - receipt.keys(), folder)
    return receipt


def _refuse_lacking(missing: frozenset[str], folder: str | Path) -> None:
    if missing:
        reason = f"its receipt lacks `{'`, `'.join(sorted(missing))}`"
        raise DataError([diagnose("K452", folder=folder, reason=reason)])


def _is_result(folder: Path) -> bool:
    """Return whether a folder holds a result of ours and nothing else."""
    if {entry.name for entry in folder.iterdir()} != FILES:
        return False
    try:
        return _is_receipt(json.loads((folder / RECEIPT).read_text("utf-8")))
    except ValueError:
        return False


def _is_receipt(document: object) -> bool:
    if not isinstance(document, dict):
        return False
    versions = document.get("versions")
    return isinstance(versions, dict) and "kpi_engine" in versions and "result_hash" in document


def _write_files(results: Results | FleetResults, folder: Path) -> None:
    frames = dict(zip(FRAMES, (results.subjects, results.lines, results.rejects), strict=True))
    for name, frame in frames.items():
        write_frame(frame, folder / f"{name}.parquet")
    receipt = json.dumps(results.receipt, ensure_ascii=False, indent=2)
    write_text(f"{receipt}\n", folder / RECEIPT)
