import json
from dataclasses import asdict
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import kpi_engine as ke
from kpi_engine.review.weights import effective_weights

AGENTS = pl.DataFrame(
    {
        "shop_id": ["S1", "S1", "S2"],
        "agent_id": ["小李", "小王", "小王"],
        "wage": ["2000.00", None, "1000.00"],
        "days": [22, 22, 22],
    }
)
ROUNDS = pl.DataFrame(
    {
        "round_id": [str(number) for number in range(12)],
        "shop_id": ["S1"] * 9 + ["S2"] * 3,
        "agent_id": ["小李"] * 7 + ["小王"] * 5,
        "asked_at": ["2026-10-05 09:00"] * 12,
        "wait": [60.0, 300.0, None, 1.0, 20.0, 20.0, 59.0, 200.0, 1.0, None, None, None],
        "类型": ["question"] * 3 + ["order"] + ["question"] * 8,
    }
)


@pytest.fixture
def results(folder: Path) -> ke.Results:
    """Return results that were written and read back."""
    plan = ke.compile(ke.load("shop.yaml", {"bonus": "50 CNY"}))
    results = ke.run(plan, {"agents": AGENTS, "rounds": ROUNDS}, period="2026-10")
    ke.write_results(results, folder / "out")
    return ke.read_results(folder / "out")


def explained(results: ke.Results, subject: str | dict[str, str]) -> dict[str, Any]:
    """Return an explanation as JSON has it: no object of ours is left."""
    document = json.loads(json.dumps(asdict(ke.explain(results, subject))))
    assert isinstance(document, dict)
    return document


SUBJECTS = [
    {"shop_id": "S1", "agent_id": "小李"},
    {"shop_id": "S1", "agent_id": "小王"},
    {"shop_id": "S2", "agent_id": "小王"},
]


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: "/".join(subject.values()))
def test_contributions_add_up_to_the_score(results, subject):
    score = explained(results, subject)["score"]
    parts = [item["contribution"] for item in score["items"] if item["contribution"] is not None]
    parts += [step["change"] for step in score["steps"]] + [score["limits"], score["rounding"]]
    assert sum(map(Fraction, parts)) == Fraction(score["value"])
    for item in score["items"]:
        if item["rule"] is not None and item["weight"] is not None:
            exact = Fraction(item["weight"]) * Fraction(item["points"])
            assert abs(exact - Fraction(item["contribution"])) <= Fraction(1, 2 * 10**6)


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: "/".join(subject.values()))
def test_weights_of_the_items_that_count_add_up_to_the_whole(results, subject):
    items = explained(results, subject)["score"]["items"]
    leaves = [item for item in items if item["rule"] is not None]
    assert sum(Fraction(item["weight"]) for item in leaves if item["weight"] is not None) == 1
    assert all((item["weight"] is None) == (item["points"] is None) for item in items)


def test_lines_add_up_to_the_pay(results):
    pay = explained(results, "小李")["pay"]
    assert [line["name"] for line in pay["lines"]] == ["base", "goal_bonus", "floor"]
    assert sum(line["amount"] for line in pay["lines"]) == pay["amount"]
    assert Fraction(pay["shown"].removesuffix(" CNY")) == Fraction(pay["amount"], 100)


def test_every_number_has_its_rule_its_params_and_its_place(results):
    document = explained(results, "小李")
    bonus = document["pay"]["lines"][1]
    assert bonus["rule"] == {
        "text": "bonus if default(响应率 >= goal, false) else 0 CNY",
        "file": "shop.yaml",
        "line": 52,
        "params": {"bonus": "50 CNY", "goal": "30%"},
    }
    lines = Path("shop.yaml").read_text("utf-8").splitlines()
    rules = [metric["rule"] for metric in document["metrics"]]
    rules += [line["rule"] for line in document["pay"]["lines"]]
    rules += [item["rule"] for item in document["score"]["items"] if item["rule"] is not None]
    for rule in rules:
        text = rule["text"].removeprefix("{of: ").split(", ", maxsplit=1)[0]
        assert text in lines[rule["line"] - 1], rule


def test_metrics_are_shown_exactly(results):
    metrics = {metric["name"]: metric for metric in explained(results, "小李")["metrics"]}
    rate = metrics["响应率"]
    assert (rate["num"], rate["den"], rate["rows"], rate["shown"]) == ("4", "6", 6, "66.6666667%")
    assert metrics["first_day"]["shown"] == "2026-10-05"
    assert metrics["grade"]["value"] == "B"
    assert metrics["diligent"]["value"] == "true"


def test_what_is_unknown_is_explained_in_a_sentence(results):
    document = explained(results, {"shop_id": "S1", "agent_id": "小王"})
    assert document["pay"]["status"] == "held"
    assert document["pay"]["amount"] is None
    assert document["pay"]["reason"] == "held back, for these lines are unknown: `base`, `floor`"
    lines = {line["name"]: line["amount"] for line in document["pay"]["lines"]}
    assert lines == {"base": None, "goal_bonus": 5000, "floor": None}
    waited = explained(results, {"shop_id": "S2", "agent_id": "小王"})["metrics"][2]
    assert (waited["status"], waited["reason"]) == (
        "no_rows",
        "no row of the period counts for this subject",
    )


@pytest.mark.parametrize(
    ("subject", "code", "help_"),
    [
        ("小刘", "K540", None),
        ("小王", "K541", "write `shop_id=S1,agent_id=小王` or `shop_id=S2,agent_id=小王`"),
        (
            {"agent_id": "小王"},
            "K541",
            "write `shop_id=S1,agent_id=小王` or `shop_id=S2,agent_id=小王`",
        ),
        ({"shop_id": "S3", "agent_id": "小王"}, "K540", "did you mean `shop_id=S2,agent_id=小王`?"),
        ({"shop": "S1"}, "K542", "write `column=value`, several with commas between them"),
        ({}, "K542", "write `column=value`, several with commas between them"),
    ],
)
def test_a_subject_that_is_not_one_is_refused(results, subject, code, help_):
    with pytest.raises(ke.DataError) as error:
        ke.explain(results, subject)
    assert [finding.code for finding in error.value.diagnostics] == [code]
    assert error.value.diagnostics[0].help == help_


def test_weights_of_items_that_leave_go_to_their_siblings():
    shares = {
        "a": Fraction(1, 2),
        "a/x": Fraction(1, 3),
        "a/y": Fraction(2, 3),
        "b": Fraction(3, 10),
        "c": Fraction(1, 5),
    }
    leaves = ("a/x", "a/y", "b", "c")
    for flags in product((False, True), repeat=len(leaves)):
        known = {leaf for leaf, flag in zip(leaves, flags, strict=True) if flag}
        known |= {"a"} if known & {"a/x", "a/y"} else set()
        weights = effective_weights(shares, known)
        assert weights.keys() == known
        total = sum(weight for path, weight in weights.items() if path in leaves)
        assert total == (1 if known else 0)
