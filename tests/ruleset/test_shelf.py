"""What a ruleset computes of its parents' metrics: what it reads, and what its files mention."""

import pytest

from kpi_engine.ruleset.loading import load_ruleset

SHELF = """
ruleset: shelf
zone: Asia/Shanghai
currency: CNY
subject: {from: agents, key: [shop_id, agent_id]}
tables:
  agents: {key: [shop_id, agent_id], columns: {shop_id: text, agent_id: text}}
  shops: {key: shop_id, columns: {shop_id: text}}
  chats: {key: chat_id, columns: {chat_id: text, shop_id: text, agent_id: text, stars: int}}
  days: {key: [shop_id, weekday], columns: {shop_id: text, weekday: int}}
metrics:
  chats_had: {from: chats, value: count()}
  stars_won: {from: chats, value: sum(stars)}
  praised: {value: stars_won / chats_had}
  days_open: {from: days, value: count()}
"""
SCORED = (
    "ruleset: scored\nextends: shelf\nscore: {items: {work: {points: 'attain(chats_had, 9)'}}}\n"
)


@pytest.fixture
def metrics_of(tmp_path):
    """Return the metrics that the last of some files computes, or the codes of its mistakes."""

    def load(*texts: str) -> list[str]:
        for text in (SHELF, *texts):
            name = text.strip().partition("\n")[0].removeprefix("ruleset: ")
            (tmp_path / f"{name}.yaml").write_text(text)
        ruleset, findings = load_ruleset(tmp_path / f"{name}.yaml")
        return list(ruleset.metrics) if ruleset is not None else [f.code for f in findings]

    return load


def test_a_score_takes_from_the_shelf_what_it_reads(metrics_of):
    assert metrics_of(SCORED) == ["chats_had"]


def test_what_a_file_mentions_is_computed_with_all_it_reads(metrics_of):
    assert metrics_of(SCORED + "metrics: {praised: {title: praise}}\n") == [
        "chats_had",
        "stars_won",
        "praised",
    ]


def test_what_a_scoring_parent_mentions_its_children_compute_too(metrics_of):
    parent = SCORED + "metrics: {stars_won: {better: lower}}\n"
    assert metrics_of(parent, "ruleset: child\nextends: scored\n") == ["chats_had", "stars_won"]


def test_a_ruleset_about_its_metrics_computes_all_of_them(metrics_of):
    only_shops = "ruleset: only_shops\nextends: shelf\nsubject: {from: shops, key: shop_id}\n"
    assert metrics_of(only_shops) == ["chats_had", "stars_won", "praised", "days_open"]


def test_rows_that_name_nobody_are_a_mistake_where_they_are_computed(metrics_of):
    assert metrics_of() == ["K366"]
    assert metrics_of(SCORED + "metrics: {days_open: {title: open}}\n") == ["K366"]
