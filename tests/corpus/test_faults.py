"""Each fault of the table, alone in files without any, is found where it is and told once."""

from pathlib import Path

import pytest
from tests.corpus.reading import CHECKED_BY, SOUND, Fault, copy_sound_files, read_faults

import kpi_engine as ke
from kpi_engine.text.diagnostics import Diagnostic
from kpi_engine.text.messages import MESSAGES
from kpi_engine.text.render import render_text
from kpi_engine.text.source import Source, position

FAULTS = read_faults()


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    folder: Path = tmp_path_factory.mktemp("corpus") / "files"
    copy_sound_files(folder)
    return folder


def _said(file: str) -> list[Diagnostic]:
    """Return what a check says of a file and, of a sound test, what running it says.

    Codes of rules that could run, K7, are no faults.
    """
    said = ke.check(CHECKED_BY.get(file, file), ignore=["K7"]).diagnostics
    if not said and file.endswith(".test.yaml"):
        said = ke.run_cases(file).diagnostics
    return list(said)


def test_the_files_that_faults_are_put_into_have_none(sound, monkeypatch):
    monkeypatch.chdir(sound)
    files = sorted(path.relative_to(SOUND).as_posix() for path in SOUND.rglob("*.yaml"))
    assert {fault.file for fault in FAULTS} - CHECKED_BY.keys() <= set(files)
    assert render_text(finding for file in files for finding in _said(file)) == ""


def test_the_table_has_every_layer_and_says_nothing_twice():
    assert len({(fault.file, fault.text) for fault in FAULTS}) == len(FAULTS) >= 150
    codes = {fault.code for fault in FAULTS}
    assert codes <= MESSAGES.keys()
    assert {code[:2] for code in codes} >= {"K1", "K2", "K3", "K5", "K6"}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.row)
def test_a_fault_is_found_where_it_is_with_one_follow_up_at_most(
    fault: Fault, sound: Path, monkeypatch
):
    monkeypatch.chdir(sound)
    path = Path(fault.file)
    whole = path.read_bytes()
    path.write_text(fault.text, encoding="utf-8", newline="")
    try:
        said = _said(fault.file)
    finally:
        path.write_bytes(whole)
    source = Source(fault.file, fault.text)
    start, end = position(source, fault.start), position(source, fault.end)
    places = [
        (position(span.source, span.start), position(span.source, span.end))
        for finding in said
        if (span := finding.span) is not None
        and finding.code == fault.code
        and span.source.name == fault.file
    ]
    assert (start, end) in places, render_text(said)
    assert len(said) <= 2, render_text(said)
