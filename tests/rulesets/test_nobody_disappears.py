"""Whoever is on the roster is in the result, with a word for what is not known about her."""

from pathlib import Path

import polars as pl
import pytest
import yaml
from tests.rulesets.frames import frames_of

import kpi_engine as ke

SHIPPED = Path(__file__).parents[2] / "rulesets"
FOLDERS = [
    *("alibaba", "douyin", "examples", "helpdesk", "jd", "kuaishou", "seed", "shopee", "survey"),
    *("taobao", "xiaohongshu"),
]
FILES = [
    file
    for folder in FOLDERS
    for file in sorted((SHIPPED / folder).glob("*.yaml"))
    if not file.name.endswith(".test.yaml") and file.stem != "chinese"
]
ROLE_BY_RULESET = {
    "aftersales": "aftersale",
    "piece_pay": "aftersale",
    "team_lead": "lead",
    "sales_manager": "sales_manager",
    "operations_manager": "operations_manager",
    "product_manager": "product_manager",
}
ROSTER = ["An", "Bo", "Chen"]
AT, STRANGER = "2026-12-05 10:00:00", {"shop_id": "S1", "agent_id": "stranger"}
MARK = STRANGER | {"period": "2026-12", "item": "overall", "score": "50"}
ROWS_OF_OTHERS = {
    "marks": [MARK],
    "measures": [STRANGER | {"period": "2026-12", "metric": "figure", "value": "50"}],
    "answers": [STRANGER | {"answer_id": "1", "answered_at": AT}],
    "recommendations": [STRANGER | {"answer_id": "1", "answered_at": AT, "likely": "9"}],
    "team_results": [MARK],
    "messages": [STRANGER | {"message_id": "1", "buyer_id": "b", "sent_at": AT, "sender": "agent"}],
    "orders": [
        {"order_id": "1", "shop_id": "S1", "buyer_id": "b", "created_at": AT, "paid_at": AT}
        | {"paid_amount": "10", "owner_agent_id": "stranger"}
    ],
    "ratings": [STRANGER | {"rating_id": "1", "rated_at": AT, "score": "5"}],
    "tickets": [STRANGER | {"ticket_id": "1", "opened_at": AT}],
    "incidents": [STRANGER | {"incident_id": "1", "happened_at": AT, "kind": "complaint"}],
    "shifts": [
        STRANGER | {"date": "2026-12-05", "scheduled_minutes": "480", "worked_minutes": "480"}
    ],
}


def params_of_the_tests(file: Path) -> dict[str, str]:
    """Return the params that the test file beside a ruleset sets."""
    document = yaml.safe_load(file.with_name(f"{file.stem}.test.yaml").read_text("utf-8"))
    return {name: str(value) for name, value in document.get("params", {}).items()}


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_who_has_no_row_at_all_is_in_the_result(file):
    required = [param.name for param in ke.load(file).params.values() if param.value is None]
    ruleset = ke.load(file, params={name: params_of_the_tests(file)[name] for name in required})
    role = ROLE_BY_RULESET.get(file.stem, "presale")
    agents = [
        {"shop_id": "S1", "agent_id": agent, "valid_from": "2025-01-01", "role": role}
        | {"grade": "junior"}
        for agent in ROSTER
    ]
    rows = {**ROWS_OF_OTHERS, "agents": agents}
    results = ke.run(ke.compile(ruleset), frames_of(ruleset, rows), period="2026-12")
    assert results.subjects["agent_id"].to_list() == ROSTER
    statuses = results.subjects.select(pl.col("^.*\\.status$"))
    assert statuses.width > 0
    assert sum(statuses.null_count().row(0)) == 0
    for total in {"score", "pay"} & set(results.subjects.columns):
        known = results.subjects[total].is_not_null()
        assert (known == (results.subjects[f"{total}.status"] == "ok")).all()
