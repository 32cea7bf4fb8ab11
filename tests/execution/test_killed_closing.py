"""A closing that is killed leaves the old ledger or the new one; two at once enter once."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from kpi_engine.execution.canon import result_hash
from kpi_engine.execution.closing import close
from kpi_engine.execution.folders import write_results
from kpi_engine.execution.ledger import read_ledger
from kpi_engine.execution.results import Receipt, Results

SOURCE = Path(__file__).parents[2] / "src"
SUBJECTS = 1500
LINES = ("wage", "commission", "bonus")

# How a child dies: at the nth step of SQLite, before a statement, when a file would outgrow a size
# (in the middle of a write: the kernel kills), after everything was kept. "count" and "never" live.
CHILD = """
import os, resource, signal, sqlite3, sys
from kpi_engine.execution.closing import close
out, ledger, how, where = sys.argv[1:]
steps = 0

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def step():
    global steps
    steps += 1
    if how == "step" and steps == int(where):
        die()

def statement(text):
    if how == "statement" and text.lstrip().startswith(where):
        die()

connect = sqlite3.connect
def watched(*arguments, **options):
    connection = connect(*arguments, **options)
    connection.execute("PRAGMA cache_size = -100")  # pages are written before the end, too
    connection.set_progress_handler(step, 1000)
    connection.set_trace_callback(statement)
    return connection
sqlite3.connect = watched

if how == "size":
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(where), int(where)))
close(out, ledger)
if how == "end":
    die()
if how == "count":
    print(steps)
"""


def result(amount: int) -> Results:
    """Return a result of thousands of pay slips, every line of the same amount."""
    agents = [f"agent {number:05}" for number in range(SUBJECTS)]
    subjects = pl.DataFrame({"agent_id": agents}).with_columns(
        period=pl.lit("2026-10"),
        pay=pl.lit(3 * amount),
        **{"pay.status": pl.lit("ok")},
        currency=pl.lit("CNY"),
    )
    lines = pl.concat(
        subjects.select(
            "agent_id",
            "period",
            line=pl.lit(name),
            amount=pl.lit(amount, dtype=pl.Int64),
            currency="currency",
            rule=pl.lit(f"pay.lines.{name}"),
            file=pl.lit("rulesets/shop.yaml"),
            line_number=pl.lit(9, dtype=pl.Int64),
        )
        for name in LINES
    )
    receipt: Receipt = {
        "versions": {"kpi_engine": "0"},
        "ruleset": "shop",
        "version": None,
        "layers": [{"name": "shop", "path": "rulesets/shop.yaml", "sha256": "0" * 64}],
        "params": {},
        "source": "rows",
        "rules": {},
        "kinds": {},
        "weights": {},
        "inputs": {},
        "history": [],
        "subject": {"table": "agents", "key": ["agent_id"]},
        "period": "2026-10",
        "as_of": "2026-11-01T00:00:00+08:00",
        "provisional": [],
        "accounting": {"tables": {}, "metrics": {}},
        "notes": [],
        "result_hash": result_hash(subjects, lines),
    }
    return Results(subjects, lines, pl.DataFrame({"table": []}), receipt)


def said(ledger: Path) -> pl.DataFrame | None:
    """Return all that a ledger says but for when it was closed, None where there is nothing."""
    if not ledger.exists() or ledger.stat().st_size == 0:
        return None
    return read_ledger(ledger).drop("closed_at")


def child(
    out: Path, ledger: Path, how: str, where: object = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CHILD, str(out), str(ledger), how, str(where)],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={"PYTHONPATH": str(SOURCE)},
    )


class Closed:
    """A ledger before and after a closing, and what SQLite did in between."""

    def __init__(self, folder: Path, *, first: bool) -> None:
        self.folder = folder
        self.out, self.ledger = folder / "out", folder / "before.ledger"
        if not first:
            write_results(result(100), self.out)
            close(self.out, self.ledger)
        write_results(result(101), self.out)
        after = self.copy("after.ledger")
        counted = child(self.out, after, "count")
        assert counted.returncode == 0, counted.stderr
        self.steps = json.loads(counted.stdout)
        self.old, self.new = said(self.ledger), said(after)
        assert self.new is not None
        self.size = self.ledger.stat().st_size if not first else 0
        self.growth = after.stat().st_size - self.size

    def copy(self, name: str) -> Path:
        target = self.folder / name
        if self.ledger.exists():
            shutil.copy(self.ledger, target)
        return target


@pytest.fixture(scope="module", params=[True, False], ids=["first", "later"])
def closed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Closed:
    return Closed(tmp_path_factory.mktemp("ledger"), first=request.param)


def alike(found: pl.DataFrame | None, expected: pl.DataFrame | None) -> bool:
    if found is None or expected is None:
        return found is expected
    return found.equals(expected)


@pytest.mark.parametrize(
    ("how", "where", "kept"),
    [
        ("step", 0.5, False),
        ("step", 0.99, False),
        ("statement", "INSERT INTO closings", False),
        ("statement", "COMMIT", False),
        ("size", 0.6, False),
        ("size", 0.99, False),
        ("end", 0, True),
    ],
)
def test_a_killed_closing_leaves_the_old_ledger_or_the_new_one(closed, how, where, kept):
    ledger = closed.copy("killed.ledger")
    place: object = where
    if how == "step":
        place = max(1, round(closed.steps * where))
    if how == "size":
        place = closed.size + round(closed.growth * where)
    died = child(closed.out, ledger, how, place)
    expected = signal.SIGXFSZ if how == "size" else signal.SIGKILL
    assert died.returncode == -expected, (died.stdout, died.stderr)
    if how == "size":
        # the ledger itself was half written, and is mended by whoever opens it next
        assert ledger.stat().st_size > closed.size
        assert ledger.with_name(f"{ledger.name}-journal").exists()
    if closed.old is not None or kept:
        assert alike(said(ledger), closed.new if kept else closed.old)
    assert (close(closed.out, ledger).number is None) == kept
    assert alike(said(ledger), closed.new)
    ledger.unlink()


def test_two_closings_at_once_enter_once(closed):
    ledger = closed.copy("shared.ledger")
    command = [sys.executable, "-c", CHILD, str(closed.out), str(ledger), "never", ""]
    both = [subprocess.Popen(command, env={"PYTHONPATH": str(SOURCE)}) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert alike(said(ledger), closed.new)
    ledger.unlink()
