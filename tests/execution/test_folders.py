import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from kpi_engine.execution.canon import result_hash
from kpi_engine.execution.folders import FILES, read_results, write_results
from kpi_engine.execution.results import Results
from kpi_engine.text.errors import DataError


def result_of(rows: int, pay: int = 1) -> Results:
    subjects = pl.DataFrame({"agent_id": [f"a{i}" for i in range(rows)], "pay": [pay] * rows})
    lines = subjects.rename({"pay": "amount"})
    rejects = pl.DataFrame(
        {"table": ["rows"], "row": [3], "column": ["x"], "reason": ["not_whole"]}
    )
    receipt = {
        "versions": {"kpi_engine": "0"},
        "period": "2026-10",
        "rows": rows,
        "result_hash": result_hash(subjects, lines),
    }
    return Results(subjects, lines, rejects, receipt)  # type: ignore[arg-type]


def same(left: Results, right: Results) -> bool:
    frames = all(
        getattr(left, name).equals(getattr(right, name))
        and getattr(left, name).schema == getattr(right, name).schema
        for name in ("subjects", "lines", "rejects")
    )
    return frames and left.receipt == right.receipt


def code_of(error: pytest.ExceptionInfo[DataError]) -> str:
    return error.value.diagnostics[0].code


def test_a_result_is_read_as_it_was_written_in_exactly_four_files(tmp_path):
    write_results(result_of(3), tmp_path / "new" / "out")
    assert {entry.name for entry in (tmp_path / "new" / "out").iterdir()} == FILES
    assert same(read_results(tmp_path / "new" / "out"), result_of(3))
    assert [entry.name for entry in (tmp_path / "new").iterdir()] == ["out"]


def test_a_result_replaces_an_earlier_one_and_an_empty_folder(tmp_path):
    (tmp_path / "out").mkdir()
    for rows in (3, 5):
        write_results(result_of(rows), tmp_path / "out")
        assert same(read_results(tmp_path / "out"), result_of(rows))
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_a_relative_folder_is_written_where_the_work_is_done(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_results(result_of(1), "out")
    assert (tmp_path / "out" / "receipt.json").is_file()


@pytest.mark.parametrize("foreign", ["notes.txt", "receipt.json"])
def test_a_folder_that_is_no_result_of_ours_is_left_alone(tmp_path, foreign):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / foreign).write_text("{}")
    with pytest.raises(DataError) as error:
        write_results(result_of(1), tmp_path / "out")
    assert code_of(error) == "K450"
    assert (tmp_path / "out" / foreign).read_text() == "{}"


def test_a_result_with_something_of_the_users_beside_it_is_left_alone(tmp_path):
    write_results(result_of(1), tmp_path / "out")
    (tmp_path / "out" / "my notes.txt").touch()
    with pytest.raises(DataError) as error:
        write_results(result_of(2), tmp_path / "out")
    assert code_of(error) == "K450"
    assert read_results(tmp_path / "out").subjects.height == 1


def test_a_file_in_the_way_is_told(tmp_path):
    (tmp_path / "file").touch()
    for folder, code in ((tmp_path / "file", "K450"), (tmp_path / "file" / "out", "K451")):
        with pytest.raises(DataError) as error:
            write_results(result_of(1), folder)
        assert code_of(error) == code


WRITER = """
import resource, sys
sys.path[:0] = {paths!r}
from test_folders import result_of
from kpi_engine.execution.folders import write_results
from kpi_engine.text.errors import DataError

limit = int(sys.argv[2])
if limit:
    import signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        write_results(result_of(200_000, pay=2), sys.argv[1])
    except DataError as error:
        sys.exit(error.diagnostics[0].code)
    sys.exit("written")
print("ready", flush=True)
for _ in range(2_000):
    for pay in (3, 4):
        write_results(result_of(2_000, pay=pay), sys.argv[1])
"""


def writer(folder, limit: int) -> subprocess.Popen[str]:
    paths = [str(Path(__file__).parent), *sys.path]
    return subprocess.Popen(
        [sys.executable, "-c", WRITER.format(paths=paths), str(folder), str(limit)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file sizes are POSIX")
@pytest.mark.parametrize("limit", [1, 4096, 50_000])
def test_a_disk_that_is_full_half_way_leaves_the_earlier_result(tmp_path, limit):
    write_results(result_of(3), tmp_path / "out")
    _, said = writer(tmp_path / "out", limit).communicate()
    assert said.strip() == "K451"
    assert same(read_results(tmp_path / "out"), result_of(3))
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal are POSIX")
def test_a_run_killed_at_any_moment_leaves_a_whole_result_or_none(tmp_path):
    seen = set()
    for moment in range(12):
        process = writer(tmp_path / "out", 0)
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(0.02 + moment * 0.013)
        finally:
            process.send_signal(signal.SIGKILL)
            process.communicate()
        if (tmp_path / "out").exists():
            seen.add(read_results(tmp_path / "out").subjects["pay"][0])
        left = {entry.suffix for entry in tmp_path.iterdir()} - {""}
        assert left <= {".partial", ".replaced"}
    assert seen <= {3, 4}
    assert seen


def test_a_result_that_was_changed_is_told(tmp_path):
    write_results(result_of(3), tmp_path / "out")
    result_of(4).subjects.write_parquet(tmp_path / "out" / "subjects.parquet")
    with pytest.raises(DataError) as error:
        read_results(tmp_path / "out")
    assert code_of(error) == "K453"


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("receipt.json", None),
        ("receipt.json", "{"),
        ("receipt.json", "[]"),
        ("lines.parquet", None),
        ("lines.parquet", "no"),
    ],
)
def test_what_is_no_result_is_told(tmp_path, file, content):
    write_results(result_of(3), tmp_path / "out")
    (tmp_path / "out" / file).unlink()
    if content is not None:
        (tmp_path / "out" / file).write_text(content)
    with pytest.raises(DataError) as error:
        read_results(tmp_path / "out")
    assert code_of(error) == "K452"


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(DataError) as error:
        read_results(tmp_path / "nowhere")
    assert code_of(error) == "K452"


def test_the_receipt_is_readable_json_in_utf_8(tmp_path):
    result = result_of(1)
    write_results(replace(result, receipt={**result.receipt, "ruleset": "淘宝"}), tmp_path / "out")
    text = (tmp_path / "out" / "receipt.json").read_text("utf-8")
    assert "淘宝" in text
    assert json.loads(text)["result_hash"] == result.receipt["result_hash"]
