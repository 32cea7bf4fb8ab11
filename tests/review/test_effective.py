"""What is in force and who said it, through several layers."""

from fractions import Fraction

import pytest
from tests.ruleset.shop import HEAD, METRICS, TABLES

import kpi_engine as ke


@pytest.fixture
def values_of(tmp_path, monkeypatch):
    """Return what is in force in the last of some files, by path with dots."""
    monkeypatch.chdir(tmp_path)

    def show(*texts: str) -> dict[str, ke.EffectiveValue]:
        name = "shop"
        (tmp_path / "shop.yaml").write_text(HEAD + TABLES + METRICS)
        for index, text in enumerate(texts):
            parent, name = name, "abc"[index]
            (tmp_path / f"{name}.yaml").write_text(f"ruleset: {name}\nextends: {parent}\n{text}")
        return {".".join(value.path): value for value in ke.show(f"{name}.yaml").values}

    return show


def chain(value: ke.EffectiveValue) -> list[tuple[str | None, str, int]]:
    return [(said.text, said.file, said.line) for said in (value.said, *value.overrides)]


def test_a_value_knows_all_it_overrode_the_nearest_first(values_of):
    values = values_of("params: {limit: 4 min}\n", "params:\n  limit: 5 min\n")
    assert chain(values["params.limit"]) == [
        ("5 min", "b.yaml", 4),
        ("4 min", "a.yaml", 3),
        ("3 min", "shop.yaml", 7),
    ]


def test_a_value_of_one_file_overrides_nothing(values_of):
    assert chain(values_of()["params.limit"]) == [("3 min", "shop.yaml", 7)]


def test_a_list_is_one_value_and_knows_every_list_it_overrode(values_of):
    values = values_of(
        "tables: {agents: {key: [agent_id, team], columns: {team: text}}}\n",
        "tables:\n  agents:\n    key:\n      - agent_id\n      - role\n",
    )
    assert chain(values["tables.agents.key"]) == [
        ("[agent_id, role]", "b.yaml", 6),
        ("[agent_id, team]", "a.yaml", 3),
        ("agent_id", "shop.yaml", 12),
    ]
    assert "tables.agents.key.0" not in values


def test_what_was_removed_is_shown_with_all_it_was(values_of):
    values = values_of("metrics: {price: sales}\n", "metrics:\n  price: null\n")
    assert (values["metrics.price"].standing, values["metrics.price"].shelved) == ("removed", False)
    assert chain(values["metrics.price"]) == [
        (None, "b.yaml", 4),
        ("sales", "a.yaml", 3),
        ("{from: orders, value: sum(amount) / count()}", "shop.yaml", 38),
    ]
    assert not any(path.startswith("metrics.price.") for path in values)


def test_what_a_layer_between_removed_stays_removed(values_of):
    values = values_of("metrics: {price: null}\n", "metrics: {likes: liked}\n")
    assert values["metrics.price"].standing == "removed"
    assert chain(values["metrics.price"])[0] == (None, "a.yaml", 3)


def test_a_name_said_again_after_its_removal_knows_both(values_of):
    values = values_of("metrics: {price: null}\n", "metrics: {price: sales}\n")
    assert values["metrics.price"].standing == "said"
    assert chain(values["metrics.price"]) == [
        ("sales", "b.yaml", 3),
        (None, "a.yaml", 3),
        ("{from: orders, value: sum(amount) / count()}", "shop.yaml", 38),
    ]


def test_parts_of_what_was_replaced_whole_are_forgotten(values_of):
    values = values_of(
        "metrics: {liked: {value: share(stars >= 3), where: null}}\n",
        "metrics: {liked: orders_paid}\n",
        "metrics: {liked: {better: lower}}\n",
    )
    assert chain(values["metrics.liked.value"])[0][:2] == ("orders_paid", "b.yaml")
    assert chain(values["metrics.liked.value"])[1:] == []
    assert "metrics.liked.where" not in values


def test_the_override_of_a_dated_value_keeps_every_day_of_it(values_of):
    values = values_of(
        "params: {limit: {of: day, from 2025-01-01: 5 min}}\n",
        "params:\n  limit:\n    of: day\n    from 2025-01-01: 5 min\n    from 2025-06-16: 2 min\n",
    )
    assert chain(values["params.limit"]) == [
        ("{of: day, from 2025-01-01: 5 min, from 2025-06-16: 2 min}", "b.yaml", 5),
        ("{of: day, from 2025-01-01: 5 min}", "a.yaml", 3),
        ("3 min", "shop.yaml", 7),
    ]
    assert [path for path in values if path.startswith("params.limit")] == ["params.limit"]


def test_a_plain_value_over_a_dated_one_overrides_all_its_days(values_of):
    values = values_of(
        "params: {limit: {of: day, from 2025-01-01: 5 min, from 2025-06-16: 2 min}}\n",
        "params: {limit: 4 min}\n",
    )
    assert chain(values["params.limit"]) == [
        ("4 min", "b.yaml", 3),
        ("{of: day, from 2025-01-01: 5 min, from 2025-06-16: 2 min}", "a.yaml", 3),
        ("3 min", "shop.yaml", 7),
    ]


SCORE = """
score:
  order: volume > price
  empty: skip
  items:
    volume: {points: 'attain(orders_paid, 9)'}
    price: {points: 'attain(price, 9 CNY)'}
"""


def test_derived_weights_are_exact_and_stand_at_the_order(values_of):
    values = values_of(SCORE, "score: {order: price > volume}\n")
    weight = values["score.items.volume.weight"]
    assert (weight.standing, chain(weight)) == ("derived", [("1/4", "b.yaml", 3)])
    shares = [values[f"score.items.{name}.weight"].said.text for name in ("volume", "price")]
    assert sum(map(Fraction, shares)) == 1


def test_metrics_that_nothing_computes_are_on_the_shelf(values_of):
    values = values_of(SCORE)
    shelved = {value.path[1] for value in values.values() if value.shelved}
    assert "liked" in shelved
    assert not shelved & {"price", "orders_paid"}


def test_values_stand_in_canonical_order(values_of):
    names = [path.partition(".")[0] for path in values_of("note: ours\nmetrics: {a: sales}\n")]
    assert list(dict.fromkeys(names)) == [
        "ruleset",
        "note",
        "extends",
        "zone",
        "currency",
        "subject",
        "params",
        "tables",
        "metrics",
    ]
