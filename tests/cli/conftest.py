import shutil
from pathlib import Path

import polars as pl
import pytest

CASES = Path(__file__).parents[1] / "review/cases"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working folder: a ruleset ready to run, its test, and a folder of tables."""
    monkeypatch.chdir(tmp_path)
    text = (CASES / "shop.yaml").read_text("utf-8")
    (tmp_path / "shop.yaml").write_text(text.replace("bonus: required", "bonus: 50 CNY"), "utf-8")
    shutil.copy(CASES / "shop.test.yaml", tmp_path / "shop.test.yaml")
    data = tmp_path / "data"
    data.mkdir()
    agents = pl.DataFrame(
        {
            "shop_id": ["S1", "S1", "S2"],
            "agent_id": ["小李", "小王", "小王"],
            "wage": ["2000.00", "1000.00", "1000.00"],
            "days": [22, 22, 22],
        }
    )
    agents.write_csv(data / "agents.csv")
    rounds = pl.DataFrame(
        {
            "round_id": [str(number) for number in range(12)],
            "shop_id": ["S1"] * 9 + ["S2"] * 3,
            "agent_id": ["小李"] * 7 + ["小王"] * 5,
            "asked_at": ["2026-10-05 09:00"] * 12,
            "wait": [60, 300, None, 1, 20, 20, 59, 200, 1, None, None, None],
            "类型": ["question"] * 3 + ["order"] + ["question"] * 8,
        }
    )
    rounds.write_csv(data / "rounds.csv")
    return tmp_path
