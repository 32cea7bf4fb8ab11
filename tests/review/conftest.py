import shutil
from pathlib import Path

import pytest

CASES = Path(__file__).parent / "cases"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working folder, which holds a ruleset and its test."""
    monkeypatch.chdir(tmp_path)
    for name in ("shop.yaml", "shop.test.yaml"):
        shutil.copy(CASES / name, tmp_path / name)
    return tmp_path
