"""A list of rulesets: what it says of each, and which it leaves out."""

from fractions import Fraction

import pytest
from tests.ruleset.shop import HEAD, METRICS, TABLES

import kpi_engine as ke

MARKS = """\
  marks:
    key: [agent_id, period]
    dated: period
    columns: {agent_id: text, period: month, mark: optional number}
"""
SCORE = """\
score:
  order: service > volume
  empty: skip
  items:
    service:
      items: {tone: {points: marks.mark}, likes: {points: 100 * liked}}
    volume: {points: 'attain(orders_paid, 9)'}
"""
BASE = (HEAD + TABLES + MARKS + METRICS + SCORE).lstrip()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.yaml").write_text(BASE)
    return tmp_path


def one(*paths, **chosen):
    (summary,) = ke.list_rulesets(*paths, **chosen)
    return summary


def test_what_is_said_of_a_ruleset_is_computed_from_it(folder):
    summary = one(folder)
    assert (summary.ruleset, summary.file, summary.platform) == ("shop", "shop.yaml", None)
    assert (summary.roster, summary.where) == ("agents", None)
    assert summary.inputs == ("agents", "orders", "marks")
    assert not summary.history
    assert summary.metrics == ("sales", "orders_paid", "price", "liked", "calls")
    assert summary.scored_from == ("events", "marks")
    assert summary.order == "service > volume"
    assert summary.weights == {
        "service": Fraction(3, 4),
        "service/tone": Fraction(3, 8),
        "service/likes": Fraction(3, 8),
        "volume": Fraction(1, 4),
    }


def test_a_layer_is_listed_with_what_it_inherits_and_its_own_words(folder):
    (folder / "maple.yaml").write_text(
        "ruleset: maple/presales\nextends: shop\ntitle: {zh: 枫叶, en: Maple}\nsource: S1\n"
        "subject: {where: role == 'presale'}\n"
        "score: {items: {service: {weight: 60}, volume: {weight: 40}}}\n"
        "pay: {lines: {wage: wage, more: previous.pay}, then: {cap: 'at_most(pay, 9 CNY)'}}\n"
    )
    summary = one("maple.yaml")
    assert summary.platform == "maple"
    assert summary.title == {"zh": "枫叶", "en": "Maple"}
    assert summary.source == {"": "S1"}
    assert summary.where == "role == 'presale'"
    assert summary.order is None
    assert summary.weights["service/tone"] == Fraction(3, 10)
    assert summary.history
    rules = {"wage": "wage", "more": "previous.pay", "cap": "at_most(pay, 9 CNY)"}
    assert summary.pay == rules


def test_weights_that_wait_for_a_param_are_none_and_so_are_those_beside_them(folder):
    (folder / "maple.yaml").write_text(
        "ruleset: maple\nextends: shop\nparams: {service_weight: required}\n"
        "score: {items: {service: {weight: service_weight}, volume: {weight: 40}}}\n"
    )
    assert set(one("maple.yaml").weights.values()) == {None}


def test_only_rulesets_that_read_all_the_tables_are_listed(folder):
    (folder / "wages.yaml").write_text(HEAD.replace("shop", "wages") + TABLES + METRICS)
    names = [summary.ruleset for summary in ke.list_rulesets(folder)]
    assert names == ["shop", "wages"]
    assert one(folder, needs=["marks", "orders"]).ruleset == "shop"
    assert len(ke.list_rulesets(folder, needs=["orders"])) == 2


def test_a_table_that_none_of_them_reads_is_refused_with_the_likely_one(folder):
    with pytest.raises(ke.DataError) as error:
        ke.list_rulesets(folder, needs=["ordrs"])
    assert [(f.code, f.help) for f in error.value.diagnostics] == [
        ("K641", "did you mean `orders`?")
    ]


def test_tests_and_other_files_are_no_rulesets(folder):
    (folder / "shop.test.yaml").write_text("test: shop\nperiod: 2026-10\n")
    (folder / "notes.yaml").write_text("a: 1\n")
    assert one(folder).ruleset == one("*.yaml").ruleset == "shop"


@pytest.mark.parametrize(
    ("path", "code"), [("empty", "K501"), ("no/*.yaml", "K550"), ("missing.yaml", "K101")]
)
def test_nothing_to_list_is_an_error(folder, path, code):
    (folder / "empty").mkdir()
    with pytest.raises(ke.KpiError) as error:
        ke.list_rulesets(path)
    assert [finding.code for finding in error.value.diagnostics] == [code]


def test_a_broken_ruleset_is_told_with_every_finding(folder):
    (folder / "broken.yaml").write_text(BASE.replace("ruleset: shop", "ruleset: b: c"))
    (folder / "wrong.yaml").write_text(BASE.replace("liked}", "likd}"))
    with pytest.raises(ke.RulesetError) as error:
        ke.list_rulesets(".")
    spans = (finding.span for finding in error.value.diagnostics)
    files = {span.source.name for span in spans if span is not None}
    assert files == {"broken.yaml", "wrong.yaml"}
