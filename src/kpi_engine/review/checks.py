"""Everything that can be said about rulesets and their tests without running them."""

from collections.abc import Iterable
from pathlib import Path

from kpi_engine.review.files import TEST_SUFFIX, find_files, kind_of
from kpi_engine.review.preparation import prepare_file
from kpi_engine.review.ranges import Reign, find_conflicts, reign_of
from kpi_engine.ruleset.loading import load_layered
from kpi_engine.text.diagnostics import Diagnostic, diagnose, in_reading_order


def check_files(paths: Iterable[Path]) -> list[Diagnostic]:
    """Return the findings of files, and of every ruleset and test in folders, in reading order.

    A folder without a ruleset or test is a finding, and so is having nothing to check at all. So is
    a day that two of the files of one shop govern, or none between two of them.
    """
    findings: list[Diagnostic] = []
    reigns: dict[Path, Reign] = {}
    looked_at = list(paths)
    for path in looked_at:
        findings += _check_folder(path, reigns) if path.is_dir() else _check_file(path, reigns)
    if not looked_at:
        findings.append(diagnose("K501", name="."))
    return in_reading_order([*findings, *find_conflicts(reigns.values())])


def _check_folder(folder: Path, reigns: dict[Path, Reign]) -> list[Diagnostic]:
    findings: list[Diagnostic] = []
    others: list[Path] = []
    files = find_files(folder)
    for file in files:
        if kind_of(file) == "other" and not file.name.endswith(TEST_SUFFIX):
            others.append(file)
        else:
            findings += _check_file(file, reigns)
    if len(others) == len(files):
        return [diagnose("K501", name=folder.as_posix())]
    return findings + [diagnose("K503", name=file.as_posix()) for file in others]


def _check_file(file: Path, reigns: dict[Path, Reign]) -> list[Diagnostic]:
    """Return the findings of a file, after noting the days it governs."""
    if file.name.endswith(TEST_SUFFIX) or (file.is_file() and kind_of(file) == "test"):
        return list(prepare_file(file).diagnostics)
    loaded = load_layered(file)
    reign = reign_of(file, loaded.layers.files[0]) if loaded.layers is not None else None
    if reign is not None:
        reigns[file.resolve()] = reign
    return loaded.findings
