"""Roads: which matches are as-of joins, and why the others are not."""

import pytest
from tests.plan.cases import load

from kpi_engine.plan.compiling import compile_ruleset, describe_plan

HEAD = """
ruleset: case
zone: {zone}
day_starts: '{day_starts}'
currency: CNY
subject: {{from: agents, key: agent_id}}
tables:
  agents: {{key: agent_id, columns: {{agent_id: text}}}}
  chats:
    key: id
    columns:
      id: int
      who: text
      agent: optional text
      start: datetime
      end: optional datetime
      size: optional int
  orders: {{key: id, columns: {{id: int, who: text, agent_id: text, made: datetime, paid: optional datetime}}}}
"""
KEYED = "keyed join"


def road(where: str, *prefer: str, take: str = "one") -> str:
    """How a plan says it finds the chats of an order."""
    chosen = f", prefer: [{', '.join(prefer)}]" if prefer else ""
    rules = f"""
  found:
    from: orders
    match:
      c: {{to: chats, same: [who], take: {take}, where: {where}{chosen}}}
    add: {{v: c.id, w: c.size}}
metrics: {{m: {{from: found, value: sum(v + w)}}}}
"""
    text = describe_plan(compile_ruleset(load(rules, head=HEAD)))
    (line,) = (line for line in text.splitlines() if line.startswith("  match c"))
    return line.partition("by who, ")[2]


ON_START = "as-of join on c.start at made"


@pytest.mark.parametrize(
    ("where", "prefer", "expected"),
    [
        ("c.start <= made", ["highest c.start"], ON_START),
        ("c.start <= made", [], ON_START),
        ("c.start <= made", ["lowest c.size", "highest c.agent"], ON_START),
        ("c.start <= made < c.end + 2 h", ["highest c.end"], ON_START),
        ("c.start <= made < c.end + 2 h", ["highest made < c.end", "highest c.end"], ON_START),
        ("c.start <= made and made - c.end < 2 h", ["lowest made - c.end"], ON_START),
        ("c.start <= made <= c.start + 2 h", ["highest c.start", "lowest c.size"], ON_START),
        ("c.start <= made <= c.end", ["highest c.size is known", "highest c.end"], ON_START),
        ("made <= c.start <= made + 2 h", ["lowest c.start"], "as-of join on c.start, falling at made"),
        ("c.start + 1 h < made", [], "as-of join on c.start at (made + -3600000000)"),
        ("c.start <= made <= c.end", [], f"{KEYED} (the best row may lie beyond a bound)"),
        ("c.start <= made <= c.end", ["lowest c.end"], f"{KEYED} (the best row may lie beyond a bound)"),
        ("c.start <= made <= c.end", ["lowest c.start"], "as-of join on c.end, falling at made"),
        ("c.start <= made and c.start < paid", [], f"{KEYED} (the best row may lie beyond a bound)"),
        ("c.start <= made and c.agent != agent_id", [], f"{KEYED} (another condition on both rows)"),
        ("c.start <= made", ["highest made < c.end"], f"{KEYED} (a preference on both rows)"),
        (
            "c.start <= made",
            ["lowest made < c.end", "highest c.end"],
            f"{KEYED} (a preference on both rows)",
        ),
        ("c.start <= made", ["lowest paid - c.end"], f"{KEYED} (a preference on both rows)"),
        ("c.size > 3", ["highest c.start"], f"{KEYED} (no bound)"),
    ],
)  # fmt: skip
def test_a_match_is_an_as_of_join_where_that_is_provably_the_same(
    where: str, prefer: list[str], expected: str
):
    assert road(where, *prefer) == expected


def test_a_match_of_every_row_is_a_keyed_join():
    assert road("c.start <= made", take="every") == f"{KEYED} (every row)"
