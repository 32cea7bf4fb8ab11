"""The JSON Schemas of rulesets and their tests: draft 7, and what the reader takes they take."""

from pathlib import Path
from typing import Any, Literal

import jsonschema
import pytest
import yaml
from tests.ruleset.schema_files import FOLDER, schema_files

import kpi_engine as ke
from kpi_engine.ruleset.document import RulesetDocument
from kpi_engine.ruleset.keys import SENTENCE_BY_KEY
from kpi_engine.ruleset.loading import load_ruleset
from kpi_engine.ruleset.schema import VERSION

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "diagnostics"
SHIPPED = sorted((ROOT / "rulesets").rglob("*.yaml"))
MENDED = sorted((FIXTURES / "mended").glob("*.yaml"))
# Mistakes of shape are those that a schema can see, but for a word without a value: elsewhere it
# would remove what a parent has.
OF_SHAPE = [
    path
    for path in sorted(FIXTURES.glob("K30[134]-*.yaml"))
    if path.stem != "K303-title-cut-by-a-comma"
]


class EditorLoader(yaml.SafeLoader):
    """YAML as editors read it: numbers, true and false, null, and no days."""


EditorLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(path: Path) -> Any:
    return yaml.load(path.read_text("utf-8"), Loader=EditorLoader)  # noqa: S506 (a SafeLoader)


def validator(kind: Literal["ruleset", "test"]) -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(ke.json_schema(kind))


@pytest.mark.parametrize("kind", ["ruleset", "test"])
def test_a_schema_is_one_of_draft_7(kind):
    schema = ke.json_schema(kind)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    jsonschema.Draft7Validator.check_schema(schema)


@pytest.mark.parametrize("kind", ["ruleset", "test"])
def test_a_schema_names_its_version_and_the_file_that_ships_is_the_same(kind):
    schema = ke.json_schema(kind)
    assert schema["$id"] == f"urn:kpi-engine:schema:{kind}:{VERSION}"
    name = f"{kind}.schema.json"
    assert (FOLDER / name).read_text("utf-8") == schema_files()[name], "`make docs` writes it"


@pytest.mark.parametrize("path", [*SHIPPED, *MENDED], ids=lambda path: path.stem)
def test_every_ruleset_and_test_that_is_right_fits_its_schema(path):
    check = validator("test" if path.name.endswith(".test.yaml") else "ruleset")
    assert [error.message for error in check.iter_errors(read(path))] == []


@pytest.mark.parametrize("path", OF_SHAPE, ids=lambda path: path.stem)
def test_a_mistake_of_shape_does_not_fit(path):
    assert not validator("ruleset").is_valid(read(path))


def test_a_mistake_of_meaning_fits(monkeypatch):
    monkeypatch.chdir(FIXTURES)
    path = Path("K220-misspelt-name.yaml")
    assert load_ruleset(path)[0] is None
    assert validator("ruleset").is_valid(read(path))


def test_a_file_without_a_parent_says_what_no_parent_says():
    shop = read(FIXTURES / "shop.yaml")
    check = validator("ruleset")
    assert check.is_valid(shop)
    for key in ("zone", "currency", "subject", "tables"):
        less = {name: value for name, value in shop.items() if name != key}
        assert not check.is_valid(less)
        assert check.is_valid({**less, "extends": "base"})
    assert not check.is_valid({"extends": "base"})


def test_a_child_removes_with_null():
    child = {"ruleset": "a", "extends": "b", "metrics": {"sales": None}, "score": None}
    assert validator("ruleset").is_valid(child)


def test_every_key_of_the_model_has_its_sentence_and_no_other():
    definitions = RulesetDocument.model_json_schema()
    parts = {**definitions.pop("$defs"), "RulesetDocument": definitions}
    keys = {name: set(part["properties"]) for name, part in parts.items()}
    assert {name: set(sentences) for name, sentences in SENTENCE_BY_KEY.items()} == keys


def test_the_schema_has_every_key_of_the_model():
    keys = {field.alias or name for name, field in RulesetDocument.model_fields.items()}
    assert set(ke.json_schema("ruleset")["properties"]) == keys


@pytest.mark.parametrize(
    "broken",
    [
        {"test": "shop", "period": "2026-10"},
        {"test": "shop", "period": "2026-10", "cases": []},
        {"test": "shop", "period": "2026-10", "cases": [{"table": "a"}]},
        {"test": "shop", "period": "2026-10", "cases": [{"name": "a", "tabel": "a"}]},
        {"test": "shop", "period": "2026-10", "cases": [{"name": "a", "given": {"orders": []}}]},
    ],
)
def test_a_test_of_another_shape_does_not_fit(broken):
    assert not validator("test").is_valid(broken)
