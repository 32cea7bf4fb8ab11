"""Files merged over their parents: what is kept, what is replaced whole, and where it was said."""

import pytest
from tests.ruleset.shop import HEAD, METRICS, TABLES

from kpi_engine.ruleset.checked import Formula
from kpi_engine.ruleset.loading import load_ruleset
from kpi_engine.ruleset.parents import shipped_rulesets
from kpi_engine.text.render import render_text
from kpi_engine.text.source import position


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the shop in it, in which the tests stand."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.yaml").write_text(HEAD + TABLES + METRICS)
    return tmp_path


def load(folder, name, text):
    (folder / f"{name}.yaml").parent.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.yaml").write_text(text)
    ruleset, found = load_ruleset(f"{name}.yaml")
    assert ruleset is not None, render_text(found)
    return ruleset


def findings(folder, name, text):
    (folder / f"{name}.yaml").parent.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.yaml").write_text(text)
    return load_ruleset(f"{name}.yaml")[1]


def child(folder, text, name="child"):
    return load(folder, name, f"ruleset: {name}\nextends: shop\n{text}")


def value_text(ruleset, metric):
    return ruleset.metrics[metric].value.text


def test_three_levels_are_merged_the_nearest_wins(folder):
    child(folder, "metrics: {net: sales * 90%}\n", "middle")
    ruleset = load(folder, "leaf", "ruleset: leaf\nextends: middle\nmetrics: {net: sales * 80%}\n")
    assert value_text(ruleset, "net") == "sales * 80%"
    assert value_text(ruleset, "price") == "sum(amount) / count()"
    assert [layer.name for layer in ruleset.layers] == ["leaf", "middle", "shop"]
    assert [layer.path for layer in ruleset.layers] == ["leaf.yaml", "middle.yaml", "shop.yaml"]
    assert len({layer.sha256 for layer in ruleset.layers}) == 3


def test_what_a_file_says_of_itself_is_not_inherited(folder):
    child(folder, "title: the middle\nversion: '7'\neffective: {from: 2024-09-01}\n", "middle")
    ruleset = load(folder, "leaf", "ruleset: leaf\nextends: middle\n")
    assert (ruleset.name, ruleset.title, ruleset.version) == ("leaf", {}, None)


def test_a_part_of_a_metric_is_replaced_and_the_rest_kept(folder):
    ruleset = child(folder, "metrics: {liked: {where: stars is known and items > 1}}\n")
    assert ruleset.metrics["liked"].where.text == "stars is known and items > 1"
    assert value_text(ruleset, "liked") == "share(stars >= 4)"


def test_a_formula_in_the_child_replaces_a_metric_whole(folder):
    ruleset = child(folder, "metrics: {liked: orders_paid}\n")
    assert ruleset.metrics["liked"].table is None


def test_keys_are_added_to_a_metric_that_the_parent_wrote_as_a_formula(folder):
    child(folder, "metrics: {net: sales * 90%}\n", "middle")
    ruleset = load(
        folder, "leaf", "ruleset: leaf\nextends: middle\nmetrics: {net: {better: lower}}\n"
    )
    assert value_text(ruleset, "net") == "sales * 90%"
    assert ruleset.metrics["net"].lower


def test_a_scale_is_replaced_whole_never_case_by_case(folder):
    ruleset = child(folder, "params: {rates: {else: 1%, from 60000 CNY: 2%}}\n")
    assert [case.kind for case in ruleset.params["rates"].value.cases] == ["else", "from"]


def test_a_scale_on_the_spot_is_replaced_whole(folder):
    child(folder, "metrics: {grade: {of: sales, from 9 CNY: 1, else: 0}}\n", "middle")
    text = "ruleset: leaf\nextends: middle\nmetrics: {grade: {of: sales, from 8 CNY: 2, else: 1}}\n"
    cases = load(folder, "leaf", text).metrics["grade"].value.cases
    assert [case.value.text for case in cases] == ["2", "1"]


def test_a_list_is_replaced_whole(folder):
    tables = "tables: {agents: {key: [agent_id, team], columns: {team: text}}}\n"
    assert child(folder, tables).tables["agents"].key == ("agent_id", "team")


def test_columns_are_merged_by_name(folder):
    ruleset = child(folder, "tables: {orders: {columns: {fee: money, items: number}}}\n")
    names = [column.name for column in ruleset.tables["orders"].columns]
    assert names[-1] == "fee"
    assert names.index("items") == 5
    assert not ruleset.tables["orders"].types["items"].whole


def test_null_removes_what_the_parent_said(folder):
    ruleset = child(
        folder, "metrics: {calls: null, liked: ~, price: null}\nparams: {rates: null}\n"
    )
    assert list(ruleset.metrics) == ["sales", "orders_paid"]
    assert list(ruleset.params) == ["limit"]


def test_null_removes_one_part(folder):
    text = "ruleset: leaf\nextends: middle\nmetrics: {calls: {min_rows: null}}\n"
    child(folder, "metrics: {calls: {min_rows: 5}}\n", "middle")
    assert load(folder, "leaf", text).metrics["calls"].min_rows is None


def test_a_forgotten_value_removes_nothing_and_is_told(folder):
    found = findings(folder, "child", "ruleset: child\nextends: shop\nmetrics:\n  price:\n")
    assert [finding.code for finding in found] == ["K201"]


def test_a_text_null_removes_nothing(folder):
    ruleset = child(folder, "tables: {orders: {file: 'null'}}\n")
    assert ruleset.tables["orders"].file == "null"


def test_null_where_there_is_nothing_to_remove_is_told(folder):
    found = findings(folder, "child", "ruleset: child\nextends: shop\nmetrics: {net: null}\n")
    assert [finding.code for finding in found] == ["K601"]


def test_every_value_knows_the_file_that_says_it(folder):
    ruleset = child(folder, "metrics:\n  liked: {where: stars is known and items > 1}\n")
    liked = ruleset.metrics["liked"]
    assert liked.where.span.source.name == "child.yaml"
    assert position(liked.where.span.source, liked.where.span.start).line == 4
    assert liked.value.span.source.name == "shop.yaml"
    assert ruleset.params["limit"].span.source.name == "shop.yaml"


def test_a_mistake_is_told_at_the_file_that_makes_it(folder):
    (folder / "middle.yaml").write_text("ruleset: middle\nextends: shop\nmetrics: {a: sals}\n")
    found = findings(folder, "leaf", "ruleset: leaf\nextends: middle\nmetrics: {b: sals}\n")
    assert [(f.code, f.span.source.name) for f in found] == [
        ("K220", "leaf.yaml"),
        ("K220", "middle.yaml"),
    ]


def test_a_removed_name_is_missed_where_it_is_still_read(folder):
    child(folder, "metrics: {net: sales * 90%}\n", "middle")
    found = findings(folder, "leaf", "ruleset: leaf\nextends: middle\nmetrics: {sales: null}\n")
    assert [(f.code, f.span.source.name) for f in found] == [("K220", "middle.yaml")]


def test_a_parent_may_stand_in_a_folder_of_the_same_root(folder):
    load(folder, "bases/team", "ruleset: bases/team\nextends: shop\nmetrics: {a: sales}\n")
    ruleset = load(folder, "shops/one", "ruleset: shops/one\nextends: bases/team\n")
    assert [layer.path for layer in ruleset.layers] == [
        "shops/one.yaml",
        "bases/team.yaml",
        "shop.yaml",
    ]


@pytest.mark.parametrize("standing", ["here", "where the package is"])
def test_a_shipped_parent_has_one_name_wherever_one_stands(folder, monkeypatch, standing):
    (folder / "maple.yaml").write_text("ruleset: maple\nextends: tiktok/service\n")
    if standing == "where the package is":
        monkeypatch.chdir(shipped_rulesets().parents[1])
    ruleset, _ = load_ruleset(folder / "maple.yaml")
    assert ruleset is not None
    assert [layer.path for layer in ruleset.layers[1:]] == [
        "rulesets/tiktok/service.yaml",
        "rulesets/shop.yaml",
    ]


def test_a_missing_parent_is_told_with_the_likely_name(folder):
    (found,) = findings(folder, "child", "ruleset: child\nextends: shpo\n")
    assert (found.code, found.help) == ("K310", "did you mean `shop`?")
    assert found.span.source.text[found.span.start : found.span.end] == "shpo"


def test_a_missing_parent_of_a_parent_is_told_in_the_parent(folder):
    (folder / "middle.yaml").write_text("ruleset: middle\nextends: nowhere\n")
    (found,) = findings(folder, "leaf", "ruleset: leaf\nextends: middle\n")
    assert (found.code, found.span.source.name) == ("K310", "middle.yaml")


@pytest.mark.parametrize("parents", [("b", "a"), ("b", "c", "a"), ("b", "c", "b")])
def test_a_circle_of_parents_is_told(folder, parents):
    names = ("a", *parents)
    for name, parent in zip(names, parents, strict=False):
        (folder / f"{name}.yaml").write_text(f"ruleset: {name}\nextends: {parent}\n")
    found = load_ruleset("a.yaml")[1]
    assert [finding.code for finding in found] == ["K311"]


def test_a_file_in_a_folder_may_extend_one_of_its_own_name(folder):
    ruleset = load(folder, "maple/shop", "ruleset: maple/shop\nextends: shop\n")
    assert [layer.path for layer in ruleset.layers] == ["maple/shop.yaml", "shop.yaml"]


def test_a_broken_parent_is_told_and_nothing_else(folder):
    (folder / "middle.yaml").write_text("ruleset: middle\nextends: shop\nmetrics: {a: [b}\n")
    found = findings(folder, "leaf", "ruleset: leaf\nextends: middle\nmetrics: {b: a}\n")
    assert [(f.code, f.span.source.name) for f in found] == [("K133", "middle.yaml")]


def test_a_folder_and_a_missing_file_are_told(folder):
    assert [f.code for f in load_ruleset(folder)[1]] == ["K102"]
    assert [f.code for f in load_ruleset(folder / "none.yaml")[1]] == ["K101"]


def test_extends_must_be_one_name(folder):
    found = findings(folder, "child", "ruleset: child\nextends: [shop, other]\n")
    assert [finding.code for finding in found] == ["K303"]


def test_given_params_stand_over_every_layer(folder):
    (folder / "child.yaml").write_text("ruleset: child\nextends: shop\nparams: {limit: 5 min}\n")
    ruleset, found = load_ruleset("child.yaml", {"limit": "7 min"})
    assert ruleset is not None, render_text(found)
    limit = ruleset.params["limit"].value
    assert isinstance(limit, Formula)
    assert limit.text == "7 min"
