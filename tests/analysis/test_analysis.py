"""What is said of rules that run: once for each place, and of files that are looked at alone."""

from pathlib import Path
from random import Random

import pytest
from tests.execution.fleet import BASE, shop_text

from kpi_engine.review.checks import check_files

SHELF = """\
ruleset: shelf
zone: Asia/Shanghai
currency: CNY
subject: {from: agents, key: agent_id}
params:
  bonus: 200 CNY
  steps: {else: 0 CNY, from 10: 100 CNY}
  idle: 3
tables:
  agents: {key: agent_id, columns: {agent_id: text, wage: money}}
  orders:
    key: order_id
    dated: paid_at
    columns: {order_id: text, agent_id: text, paid_at: datetime, amount: money}
metrics:
  orders_paid: {from: orders, value: count()}
  sales: {from: orders, value: sum(amount)}
  mean_sale: {from: orders, value: mean(amount)}
"""
TEAM = """\
ruleset: team
extends: shelf
metrics:
  busy: orders_paid > 20
  seen: {value: orders_paid > 30, shown: true}
pay:
  lines: {bonus: steps(orders_paid)}
"""


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(**texts: str) -> None:
        for name, text in texts.items():
            Path(f"{name}.yaml").write_text(text, "utf-8")

    return write


def _said(*paths: str) -> list[str]:
    found = check_files([Path(path) for path in paths])
    return [
        f"{Path(finding.span.source.name).stem} {finding.code} {finding.message}"
        for finding in found.diagnostics
        if finding.span is not None
    ]


def test_nothing_is_said_of_a_shelf_whose_children_are_not_looked_at(files):
    files(shelf=SHELF, team=TEAM)
    assert _said("shelf.yaml") == []


def test_what_neither_a_shelf_nor_its_children_use_is_told(files):
    files(shelf=SHELF, team=TEAM, other="ruleset: other\nextends: shelf\nparams: {bonus: 9 CNY}\n")
    words = ", here and in the 2 files that extend this one"
    assert [text for text in _said(".") if "K710" not in text] == [
        f"shelf K701 nothing reads the param `bonus`{words}",
        f"shelf K701 nothing reads the param `idle`{words}",
        "team K702 nothing reads the metric `busy`",
    ]
    assert "team K702 nothing reads the metric `busy`" in _said("team.yaml")


def test_what_a_shelf_offers_and_no_child_computes_is_told(files):
    files(shelf=SHELF.replace("  idle: 3\n", "").replace("  bonus: 200 CNY\n", ""), team=TEAM)
    words = ", here and in the file that extends this one"
    assert [text for text in _said(".") if text.startswith("shelf K702")] == [
        f"shelf K702 nothing reads the metric `sales`{words}",
        f"shelf K702 nothing reads the metric `mean_sale`{words}",
    ]


def test_a_cliff_is_told_at_the_scale_of_the_file_that_makes_it(files):
    files(
        shelf=SHELF,
        team=TEAM,
        north="ruleset: north\nextends: team\nparams: {steps: {else: 0 CNY, from 5: 50 CNY}}\n",
        south="ruleset: south\nextends: team\nparams: {bonus: 300 CNY}\n",
    )
    cliff = "K710 the line `bonus` has a cliff: `orders_paid` from"
    assert [text for text in _said(".") if "K710" in text] == [
        f"north {cliff} 5: +50 CNY",
        f"team {cliff} 10: +100 CNY",
    ]
    assert [text for text in _said("north.yaml") if "K710" in text] == [f"north {cliff} 5: +50 CNY"]
    assert [text for text in _said("south.yaml") if "K710" in text] == []


def test_a_bound_that_a_shop_moves_out_of_reach_is_told_there(files):
    gate = "  least: 0\n"
    team = TEAM + "  then: {gate: 'pay if orders_paid >= least else 0 CNY'}\n"
    files(
        shelf=SHELF.replace("  idle: 3\n", "  least: 5\n"),
        team=team,
        east="ruleset: east\nextends: team\nparams: {least: 8}\n",
        west=f"ruleset: west\nextends: team\nparams:\n{gate}",
    )
    (found,) = [text for text in _said(".") if "K704" in text]
    words = "`orders_paid >= least` always holds: `orders_paid` is never below 0"
    assert found == f"west K704 {words}"


def test_shops_looked_at_together_are_told_of_what_each_is_told_of_alone(files):
    random = Random(3)
    shops = {f"S{n}": f"ruleset: shops/S{n}\nextends: base\n{shop_text(random)}" for n in range(12)}
    files(base=BASE, **shops)
    together = _said(".")
    alone = [text for name in shops for text in _said(f"{name}.yaml")]
    of_shops = sorted(text for text in alone if not text.startswith("base "))
    assert sorted(text for text in together if not text.startswith("base ")) == of_shops
    assert of_shops


def test_a_metric_that_a_parent_has_under_another_name_is_told(files):
    team = TEAM.replace("busy: orders_paid > 20", "turnover: {from: orders, value: sum(amount)}")
    files(shelf=SHELF, team=team)
    (found,) = [text for text in _said(".") if "K703" in text]
    assert found == "team K703 `turnover` and `sales` have the same meaning"


def test_a_name_for_another_metric_is_no_second_meaning(files):
    files(shelf=SHELF + "  turnover: sales\n  income: turnover\n  half: turnover / 2\n")
    assert _said("shelf.yaml") == []
    files(shelf=SHELF + "  turnover: sales\n  half: turnover / 2\n  other: sales / 2\n")
    assert _said("shelf.yaml") == ["shelf K703 `other` and `half` have the same meaning"]
