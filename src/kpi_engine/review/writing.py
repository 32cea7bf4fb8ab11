"""Evidence as files: the rows behind every metric as Parquet or CSV."""

from pathlib import Path

from polars.exceptions import ComputeError

from kpi_engine.review.evidence import Evidence, MetricEvidence
from kpi_engine.text.diagnostics import diagnose
from kpi_engine.text.errors import DataError

_SUFFIXES = (".parquet", ".csv")


def write_rows(evidence: Evidence, file: Path) -> list[Path]:
    """Return the files that the rows were written to, one for every metric, in their order.

    Several stand beside one another, each with the name of its metric before the suffix.

    Raises:
        DataError: the file's name does not end in `.parquet` or `.csv`, or it cannot be written.
    """
    if file.suffix.lower() not in _SUFFIXES:
        raise DataError([diagnose("K549", file=file)])
    parts = list(evidence.metrics.values())
    if len(parts) == 1:
        return [_write(parts[0], file)]
    return [_write(each, file.with_suffix(f".{each.metric}{file.suffix}")) for each in parts]


def _write(part: MetricEvidence, file: Path) -> Path:
    try:
        if file.suffix.lower() == ".csv":
            part.rows.write_csv(file)
        else:
            part.rows.write_parquet(file)
    except (OSError, ComputeError) as error:
        # Polars speaks for the operating system where a frame could not be written
        reason = error.strerror if isinstance(error, OSError) else None
        shown = (reason or str(error)).lower()
        raise DataError([diagnose("K451", folder=file, reason=shown)]) from error
    return file
