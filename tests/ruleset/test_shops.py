"""Shops read together: what is said of each is what is said of it alone."""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from tests.execution.fleet import BASE, shop_text

from kpi_engine.ruleset.loading import load_ruleset
from kpi_engine.ruleset.shops import ShopText, load_shops, read_shop

MISTAKES = (
    "params: {wagge: 10 CNY}",
    "params: {wage: 10}",
    "params: {least: 40}",
    "params: {least: 1.5}",
    "params: {tiers: {else: 1%, from 5: 2%}}",
    "params: {points: {at 0%: 0, at 50%: 60, at 50%: 70}}",
    "params: {points: {at 0%: 0, at 50%: 60, at 100%: 170}}",
    "params: {bonus: {is 'bronze': 1 CNY}}",
    "params: {since: 10%}",
    "params: {lowest_grade: null}",
    "params: {wage: }",
    "params: {fast: 1 hour 1 min}",
    "params: {heavy: 100}",
    "params: {heavy: -1}",
    "params: [wage]",
    "score: {items: {reply: {weight: 30}}}",
    "score: {items: {reply: {weight: 30}, others: {weight: 30}}}",
    "score: {items: {replly: {weight: 30}}}",
    "score: {items: {others: {items: {rank: {weight: 0}, speed: {weight: 100}}}}}",
    "score: {items: {reply: {weight: '25', points: 100}}}",
    "score: {order: others > reply}",
    "score: {order: reply > other}",
    "score: {then: {gate: null}}",
    "zone: Mars",
    "zone: America/New_York",
    "effective: {from: 2026-10-32}",
    "effective: {from: 2026-10-01, to: 2026-09-01}",
    "title: {zh: 枫叶, en: ''}",
    "version: 3",
    "metrics: {replied: {min_rows: 5}}",
    "pay: {lines: {medal: null}}",
    "groups: {shop: null}",
)


def _written(folder: Path, shops: dict[str, str], base: str = BASE) -> list[Path]:
    (folder / "base.yaml").write_text(base, "utf-8")
    files = []
    for name, text in shops.items():
        files.append(folder / f"{name}.yaml")
        files[-1].write_text(f"ruleset: shops/{name}\nextends: base\n{text}", "utf-8")
    return files


def _compared(files: list[Path]) -> int:
    """Compare shops read together with each read alone; return how many of them can be used."""
    texts = [read_shop(file.stem, file) for file in files]
    together = load_shops(text for text in texts if isinstance(text, ShopText))
    assert list(together) == [file.stem for file in files]
    usable = 0
    for file in files:
        ruleset, findings = load_ruleset(file)
        found = together[file.stem]
        assert found.findings == findings, file.read_text("utf-8")
        assert (found.ruleset is None) == (ruleset is None)
        if ruleset is not None and found.ruleset is not None:
            assert replace(found.ruleset, forms={}) == replace(ruleset, forms={})
            assert found.ruleset.notes == ruleset.notes
            usable += 1
    return usable


@pytest.mark.parametrize("seed", range(4))
def test_shops_read_together_are_what_they_are_alone(seed, tmp_path):
    random = Random(seed)
    shops = {f"S{number}": shop_text(random) for number in range(25)}
    assert _compared(_written(tmp_path, shops)) == 25


def test_every_mistake_of_a_shop_is_found_among_others(tmp_path):
    random = Random(7)
    shops = {}
    for number, mistake in enumerate(MISTAKES):
        shops[f"G{number}"] = shop_text(random)
        shops[f"B{number}"] = f"{mistake}\n"
    usable = _compared(_written(tmp_path, shops))
    assert len(MISTAKES) < usable < 2 * len(MISTAKES) - 15


def test_mistakes_that_come_first_do_not_stand_for_others(tmp_path):
    shops = {f"B{number}": f"{mistake}\n" for number, mistake in enumerate(MISTAKES)}
    shops |= {f"G{number}": shop_text(Random(number)) for number in range(6)}
    _compared(_written(tmp_path, shops))


def test_a_broken_base_is_told_for_every_shop(tmp_path):
    base = BASE.replace("share(in_time)", "share(in_tme)")
    shops = {f"S{number}": shop_text(Random(number)) for number in range(6)}
    assert _compared(_written(tmp_path, shops, base)) == 0


def test_required_params_may_be_missing_in_some_shops(tmp_path):
    base = BASE.replace("wage: 2000 CNY", "wage: required").replace("heavy: 25", "heavy: required")
    shops = {
        "S0": "params: {wage: 1000 CNY}\n",
        "S1": "params: {wage: 1000 CNY, heavy: 30}\n",
        "S2": "",
        "S3": "params: {wage: 2000 CNY, heavy: 40}\n",
        "S4": "params: {heavy: 100}\n",
        "S5": "params: {wage: 3000 CNY}\n",
    }
    assert _compared(_written(tmp_path, shops, base)) == 5


def test_params_that_are_said_of_rows_are_each_shops_own(tmp_path):
    base = BASE.replace("min_rows: 2", "min_rows: enough, settles: window, window: looked")
    base = base.replace("params:\n", "params:\n  enough: 2\n  looked: 30 days\n", 1)
    shops = {
        "S0": "params: {wage: 1000 CNY}\n",
        "S1": "params: {wage: 1500 CNY, enough: 3}\n",
        "S2": "params: {enough: 3}\n",
        "S3": "params: {enough: 1.5}\n",
        "S4": "params: {window: 45 min}\n",
        "S5": "params: {looked: 45 min}\n",
        "S6": "params: {looked: 45 days}\n",
    }
    assert _compared(_written(tmp_path, shops, base)) == 5


def test_a_param_that_one_shop_lacks_is_not_taken_for_another(tmp_path):
    base = BASE.replace("min_rows: 2", "min_rows: enough")
    base = base.replace("weighed: {", "weighed: {min_rows: few, ", 1)
    base = base.replace("params:\n", "params:\n  enough: required\n  few: required\n", 1)
    shops = {"S0": "params: {enough: 3}\n", "S1": "params: {few: 3}\n"}
    assert _compared(_written(tmp_path, shops, base)) == 2


def test_shops_of_pinned_bases_carry_their_own_notes(tmp_path):
    base = BASE.replace("zone:", "version: '2026.1'\nzone:", 1)
    files = _written(
        tmp_path, {f"S{number}": shop_text(Random(number)) for number in range(6)}, base
    )
    for file in files[:4]:
        text = file.read_text("utf-8").replace("extends: base", "extends: base@2026.1")
        file.write_text(text, "utf-8")
    wrong = files[4].read_text("utf-8").replace("extends: base", "extends: base@2025.1")
    files[4].write_text(wrong, "utf-8")
    assert _compared(files) == 5
