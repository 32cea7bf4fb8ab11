"""What the command line does with the layout of files."""

from pathlib import Path

import pytest
from tests.cli.test_commands import called

pytestmark = pytest.mark.usefixtures("folder")

ODD = "ruleset:   枫叶 # ours\n"
EVEN = "ruleset: 枫叶  # ours\n"


def test_a_file_is_written_anew_once():
    Path("maple.yaml").write_text(ODD, "utf-8")
    assert called("fmt", "maple.yaml", status=0).stdout.splitlines() == [
        "formatted: maple.yaml",
        "1 file formatted",
    ]
    assert Path("maple.yaml").read_text("utf-8") == EVEN
    assert called("fmt", "maple.yaml", status=0).stdout == "1 file unchanged\n"


def test_a_check_names_what_would_change_and_writes_nothing():
    Path("maple.yaml").write_text(ODD, "utf-8")
    assert called("fmt", "--check", "maple.yaml", status=1).stdout.splitlines() == [
        "would be formatted: maple.yaml",
        "1 file would be formatted",
    ]
    assert called("fmt", "--check", "--diff", "maple.yaml", status=1).stdout.splitlines() == [
        "--- maple.yaml",
        "+++ maple.yaml (formatted)",
        "@@ -1 +1 @@",
        "-ruleset:   枫叶 # ours",
        "+ruleset: 枫叶  # ours",
        "1 file would be formatted",
    ]
    assert Path("maple.yaml").read_text("utf-8") == ODD


def test_a_file_with_mistakes_ends_in_1_and_a_path_that_is_none_in_2():
    Path("maple.yaml").write_text("ruleset: no\n", "utf-8")
    shown = called("fmt", "maple.yaml", status=1)
    assert shown.stdout == "1 file not formatted\n"
    assert "error[K119]" in shown.stderr
    assert called("fmt", "none.yaml", status=2).stdout == "no files\n"


def test_what_comes_in_goes_out_formatted():
    assert called("fmt", "-", status=0, stdin=ODD).stdout == EVEN
    assert (
        called("fmt", "-", "--check", status=1, stdin=ODD).stdout == "would be formatted: stdin\n"
    )
    assert called("fmt", "-", "--check", status=0, stdin=EVEN).stdout == ""
    assert "stdin:1:10: error[K119]" in called("fmt", "-", status=1, stdin="ruleset: no\n").stderr
