"""A small ruleset to build on, and short words for what the checker answers.

Answers are typed as anything: the tests look deep into unions, and where a node is of another class
than expected the assertion fails by itself.
"""

from collections.abc import Mapping
from typing import Any

from kpi_engine.ruleset.loading import load_ruleset_text
from kpi_engine.text.render import render_text

HEAD = """
ruleset: shop
zone: Asia/Shanghai
currency: CNY
subject: {from: agents, key: agent_id}
params:
  limit: 3 min
  rates: {else: 0.5%, from 50000 CNY: 0.8%, from 100000 CNY: 1.2%}
"""

TABLES = """
tables:
  agents:
    key: agent_id
    columns:
      agent_id: text
      team: optional text
      wage: money
      bonus: optional money
      role: presale | aftersale | lead
      hired: optional date
  orders:
    key: order_id
    dated: paid_at
    columns:
      order_id: text
      agent_id: text
      paid_at: datetime
      amount: money
      refund: optional money
      items: int
      stars: optional int
      wait: optional number
      good: optional bool
      channel: chat | call | mail
"""

METRICS = """
metrics:
  sales: {from: orders, value: sum(amount)}
  orders_paid: {from: orders, value: count()}
  price: {from: orders, value: sum(amount) / count()}
  liked: {from: orders, where: stars is known, value: share(stars >= 4)}
  calls: {from: orders, value: count(channel == 'call')}
"""

SHOP = HEAD + TABLES + METRICS


def findings(text: str, params: Mapping[str, str] | None = None) -> list[Any]:
    """Return all that is said about a text."""
    return load_ruleset_text(text, "shop.yaml", params)[1]


def codes(text: str) -> list[str]:
    """Return the codes of all that is said about a text, in reading order."""
    return [finding.code for finding in findings(text)]


def shown(text: str) -> list[tuple[str, str]]:
    """Return the code of every finding and the words it points at."""
    return [
        (finding.code, finding.span.source.text[finding.span.start : finding.span.end])
        for finding in findings(text)
        if finding.span is not None
    ]


def loaded(text: str, params: Mapping[str, str] | None = None) -> Any:
    """Return the checked ruleset of a text without errors."""
    ruleset, found = load_ruleset_text(text, "shop.yaml", params)
    assert ruleset is not None, render_text(found)
    return ruleset


def with_metric(formula: str, *, rows: bool = False) -> str:
    """Return the shop with the metric ``m``, over the orders if ``rows``."""
    table = "\n    from: orders" if rows else ""
    return f"{SHOP}  m:{table}\n    value: |-\n      {formula}\n"


def with_scale(cases: str, of: str = "orders_paid") -> str:
    """Return the shop with the metric ``m``, a scale of a formula."""
    return f"{SHOP}  m: {{of: '{of}', {cases}}}\n"


def with_param(cases: str) -> str:
    """Return the shop with the param ``grade``, a scale."""
    return SHOP.replace("params:\n", f"params:\n  grade: {{{cases}}}\n")
