"""Small rulesets over one table of events, and their rows as the reference reads them."""

from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from kpi_engine.reference.judging import Judgement, judge
from kpi_engine.reference.values import Row, Value
from kpi_engine.ruleset.checked import Ruleset
from kpi_engine.ruleset.loading import load_ruleset_text
from kpi_engine.text.render import render_text

HEAD = """
ruleset: case
zone: Asia/Shanghai
currency: CNY
"""

SUBJECT = """
subject: {from: agents, key: agent_id}
"""

AGENTS = """
  agents:
    key: agent_id
    columns: {agent_id: text, team: optional text, wage: optional money}
"""

EVENTS = """
  events:
    key: id
    columns:
      id: int
      agent_id: optional text
      at: optional datetime
      kind: optional text
      x: optional number
      v: optional number
      amount: optional money
      wait: optional number
      good: optional bool
    dated: at
"""


def load(text: str) -> Ruleset:
    """Return the checked ruleset of a text that has no mistakes."""
    ruleset, findings = load_ruleset_text(text)
    assert ruleset is not None, render_text(findings)
    return ruleset


def case(rest: str, tables: str = "") -> Ruleset:
    """Return a ruleset over agents and events; ``rest`` holds the metrics, the score, the pay."""
    return load(f"{HEAD}{SUBJECT}tables:{AGENTS}{EVENTS}{tables}{rest}")


def at(text: str) -> int:
    """Return the time that the clocks of Shanghai show as ``2026-10-05 09:00``."""
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    return int(moment.timestamp()) * 10**6


def event(
    agent_id: str | None = "a", when: str | None = "2026-10-05 09:00", **columns: Value
) -> Row:
    """Return one event, numbers as exact fractions and what is not said unknown."""
    empty: dict[str, Value] = dict.fromkeys(("kind", "x", "v", "amount", "wait", "good"))
    exact = {
        name: Fraction(value) if isinstance(value, int) and not isinstance(value, bool) else value
        for name, value in columns.items()
    }
    moment = None if when is None else at(when)
    return {"id": Fraction(0), "agent_id": agent_id, "at": moment, **empty, **exact}


def agent(agent_id: str = "a", **columns: Value) -> Row:
    """Return one row of the roster."""
    return {"agent_id": agent_id, "team": None, "wage": None, **columns}


def judged(
    ruleset: Ruleset, events: list[Row], agents: tuple[Row, ...] | None = None, **given: Value
) -> Judgement:
    """Return the judgement of October 2026, by default of the agent ``a`` alone."""
    tables = {"agents": agents or (agent(),), "events": events}
    return judge(ruleset, tables, "2026-10", {("a",): given} if given else None)
