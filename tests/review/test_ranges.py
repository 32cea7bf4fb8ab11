"""The periods that the files of one shop govern: each is governed by one of them."""

import pytest

import kpi_engine as ke
from kpi_engine.text.source import position

TEXT = """\
ruleset: {name}
zone: UTC
currency: CNY
subject: {{from: agents, key: agent_id}}
tables: {{agents: {{key: agent_id, columns: {{agent_id: text, wage: money}}}}}}
pay: {{lines: {{wage: wage}}}}
"""


@pytest.fixture
def told(tmp_path, monkeypatch):
    """Return the findings of a folder: code, place and the other place of each."""
    monkeypatch.chdir(tmp_path)

    def place(span):
        return f"{span.source.name}:{position(span.source, span.start).line}"

    def check(**effective_by_file):
        for file, effective in effective_by_file.items():
            (tmp_path / f"{file}.yaml").write_text(TEXT.format(name="maple") + effective)
        return [
            (f.code, place(f.span), [place(end.span) for end in f.related])
            for f in ke.check(".").diagnostics
        ]

    return check


def test_files_that_follow_one_another_are_fine(told):
    assert (
        told(
            a="effective: {to: 2025-01-01}",
            b="effective: {from: 2025-01-01, to: 2025-07-01}",
            c="effective: {from: 2025-07-01}",
        )
        == []
    )


def test_an_overlap_is_told_at_both_places(told):
    assert told(
        a="effective: {from: 2024-01-01, to: 2025-02-01}", b="effective: {from: 2025-01-01}"
    ) == [("K630", "b.yaml:7", ["a.yaml:7"])]
    (found,) = ke.check(".").diagnostics
    assert found.message == (
        "two files govern `maple` from 2025-01-01 to 2025-02-01, one was expected"
    )
    assert found.related[0].message == "this file governs from 2024-01-01 to 2025-02-01"


def test_a_gap_is_told_at_both_places(told):
    assert told(
        a="effective: {from: 2024-01-01, to: 2025-01-01}", b="effective: {from: 2025-02-01}"
    ) == [("K631", "b.yaml:7", ["a.yaml:7"])]
    (found,) = ke.check(".").diagnostics
    assert "from 2025-01-01 to 2025-02-01" in found.message


def test_a_file_that_says_nothing_governs_all_the_time(told):
    assert told(a="", b="effective: {from: 2025-02-01}") == [("K630", "b.yaml:7", ["a.yaml:1"])]


def test_a_short_file_inside_a_long_one_hides_no_later_overlap(told):
    assert [
        (code, place)
        for code, place, _ in told(
            a="effective: {from: 2024-01-01, to: 2026-01-01}",
            b="effective: {from: 2024-03-01, to: 2024-05-01}",
            c="effective: {from: 2025-06-01}",
        )
    ] == [("K630", "b.yaml:7"), ("K630", "c.yaml:7")]


def test_files_of_other_folders_and_other_names_do_not_count(told, tmp_path):
    (tmp_path / "north").mkdir()
    (tmp_path / "north" / "a.yaml").write_text(TEXT.format(name="maple"))
    (tmp_path / "oak.yaml").write_text(TEXT.format(name="oak"))
    assert told(a="effective: {from: 2024-01-01}") == []


def test_the_range_of_a_parent_is_not_that_of_its_child(told, tmp_path):
    (tmp_path / "child.yaml").write_text("ruleset: maple\nextends: a\neffective: {to: 2024-01-01}")
    assert told(a="effective: {from: 2024-01-01}") == []


def test_a_file_checked_twice_is_one(told):
    told(a="effective: {from: 2024-01-01}")
    assert ke.check("a.yaml", "./a.yaml", ".").diagnostics == ()


@pytest.mark.parametrize("end", ["2023-01-01", "2024-01-01"])
def test_a_range_that_ends_before_it_begins_is_told(told, end):
    assert told(a=f"effective: {{from: 2024-01-01, to: {end}}}") == [("K632", "a.yaml:7", [])]
