"""What was measured, kept as JSON beside the table and the picture that are made of it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).resolve().parents[1] / "results"
MEASURED = RESULTS / "events.json"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a road: seconds of wall and CPU, peak memory in mebibytes."""

    messages: int
    task: str
    road: str
    wall: float
    cpu: float
    peak: int


@dataclass(frozen=True, slots=True)
class Results:
    """Every run in the order in which they ran, and the rows by table of each size."""

    cores: int
    version_by_name: dict[str, str]
    rows_by_size: dict[int, dict[str, int]]
    runs: list[Run]


def write_results(results: Results) -> None:
    """Write the results to where they are published."""
    RESULTS.mkdir(exist_ok=True)
    MEASURED.write_text(json.dumps(asdict(results), indent=1) + "\n", encoding="utf-8")


def read_results() -> Results:
    """Return the results that were written last."""
    found = json.loads(MEASURED.read_text(encoding="utf-8"))
    rows_by_size = {int(size): rows for size, rows in found["rows_by_size"].items()}
    runs = [Run(**run) for run in found["runs"]]
    return Results(**found | {"rows_by_size": rows_by_size, "runs": runs})
