import os
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import pytest
from tests.properties.comparing import differences
from tests.properties.reproducible import PERIOD, fixed_run, hash_of, hashes

import kpi_engine

ROOT = Path(__file__).parents[2]


@lru_cache
def hashes_here() -> tuple[str, ...]:
    return tuple(hashes())


def test_both_engines_and_every_order_of_rows_give_one_hash():
    assert len(hashes_here()) == 12
    assert len(set(hashes_here())) == 1


@pytest.mark.parametrize("threads", [1, 2])
def test_any_number_of_threads_gives_that_hash(threads: int):
    source = Path(kpi_engine.__file__).parents[1]
    answer = subprocess.run(
        [sys.executable, "-m", "tests.properties.reproducible"],
        cwd=ROOT,
        env={
            **os.environ,
            "POLARS_MAX_THREADS": str(threads),
            "PYTHONPATH": os.pathsep.join([str(source), str(ROOT)]),
        },
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert answer == [str(threads), *hashes_here()]


def test_the_run_that_is_hashed_is_answered_alike_by_the_reference():
    ruleset, tables = fixed_run()
    assert differences(ruleset, tables, PERIOD) == []


def test_another_row_gives_another_hash():
    ruleset, tables = fixed_run()
    fewer = {**tables, "events": tables["events"][1:]}
    assert hash_of(ruleset, fewer, "streaming") not in hashes_here()
