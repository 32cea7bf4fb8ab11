"""The rulesets that ship and read the tables of a sample, ready to run."""

from pathlib import Path

import kpi_engine as ke
from kpi_engine.ruleset.checked import Ruleset

SHIPPED = Path(__file__).parents[2] / "rulesets"
OF_OTHER_TABLES = {"alibaba", "amazon", "ebay", "examples", "helpdesk", "seed", "survey"}
NEED_OTHER_TABLES = {"douyin/service_score", "jd/scorecard", "seller"}
NAMES = sorted(
    name
    for file in SHIPPED.rglob("*.yaml")
    if not file.name.endswith(".test.yaml") and file.parent.name not in OF_OTHER_TABLES
    if (name := file.relative_to(SHIPPED).with_suffix("").as_posix()) not in NEED_OTHER_TABLES
)
VALUE_BY_REQUIRED_PARAM = {
    "sales_target": "100000 CNY",
    "success_target": "30%",
    "aov_target": "300 CNY",
    "response_target": "40 s",
}


def shipped(name: str) -> Ruleset:
    """Return a shipped ruleset; what it requires has a value."""
    path = SHIPPED / f"{name}.yaml"
    required = [param.name for param in ke.load(path).params.values() if param.value is None]
    return ke.load(path, params={param: VALUE_BY_REQUIRED_PARAM[param] for param in required})
