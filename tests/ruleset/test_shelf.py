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


GRADES = (
    SHELF.replace("ruleset: shelf", "ruleset: grades").partition("  days_open")[0]
    + "  grade: {of: score, from 90: 2, else: 1}\n  worth: grade * chats_had\n"
)


def test_what_reads_a_score_waits_on_a_shelf_for_who_has_one(metrics_of):
    assert metrics_of(GRADES) == ["chats_had", "stars_won", "praised"]


def test_a_score_takes_from_the_shelf_what_reads_it(metrics_of):
    scored = SCORED.replace("shelf", "grades")
    pay = "pay: {lines: {bonus: worth * 1 CNY}}\n"
    assert metrics_of(GRADES, scored + pay) == ["chats_had", "grade", "worth"]
    assert metrics_of(GRADES, scored) == ["chats_had"]


def test_who_has_no_score_may_not_read_what_reads_one(metrics_of):
    pay = "ruleset: paid\nextends: grades\npay: {lines: {bonus: NAME * 1 CNY}}\n"
    assert metrics_of(GRADES, pay.replace("NAME", "worth")) == ["K271", "K271"]
    assert metrics_of(GRADES, pay.replace("NAME", "score")) == ["K220"]
    assert metrics_of(GRADES, pay.replace("NAME", "chats_had")) == ["chats_had"]


def test_a_shelf_of_nothing_but_what_reads_a_score_computes_nothing(metrics_of):
    head = GRADES.partition("metrics:")[0]
    assert metrics_of(head + "metrics: {grade: {of: score, from 90: 2, else: 1}}\n") == [
        "K399",
        "K272",
    ]
