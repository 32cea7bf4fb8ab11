"""The JSON Schema of ruleset files, for editors: the model's own, made to fit files as written.

It knows which keys stand where and the words that some of them take. What values mean, and whether
one is missing that a parent could give, `check` alone can tell.
"""

from typing import Any, Final

from pydantic import TypeAdapter

from kpi_engine.ruleset.document import RulesetDocument, Scale
from kpi_engine.ruleset.keys import SENTENCE_BY_KEY

DRAFT: Final = "http://json-schema.org/draft-07/schema#"
VERSION: Final = 1
"""Of the schemas of rulesets and tests: the next one is where a file that fitted no longer does."""

TEXT: Final = {"type": ["string", "number", "boolean"]}
"""A text as editors read it: some of them as numbers, or as true and false."""

_NULL: Final = {"type": "null"}
_WITHOUT_A_PARENT: Final = ("zone", "currency", "subject", "tables")


Schema = dict[str, Any]


def schema_head(kind: str) -> Schema:
    """Return which schema this is: the draft, its name with the version, words for people."""
    return {
        "$schema": DRAFT,
        "$id": f"urn:kpi-engine:schema:{kind}:{VERSION}",
        "title": f"{kind} of kpi_engine",
    }


def ruleset_schema() -> Schema:
    """Return the JSON Schema (draft 7) of a ruleset file.

    A file with a parent may leave out whatever the parent says, and removes with ``null``.

    >>> ruleset_schema()["required"]
    ['ruleset']
    """
    model = RulesetDocument.model_json_schema()
    parts = {**model.pop("$defs"), "RulesetDocument": model}
    definitions = {name: _explained(_as_written(part), name) for name, part in parts.items()}
    schema = definitions.pop("RulesetDocument")
    metrics = schema["properties"]["metrics"]
    short_forms = [TEXT, _as_written(TypeAdapter(Scale).json_schema())]
    metrics["additionalProperties"]["anyOf"] = [
        *short_forms,
        *metrics["additionalProperties"]["anyOf"],
    ]
    return {
        **schema_head("ruleset"),
        **schema,
        "required": ["ruleset"],
        "anyOf": [{"required": ["extends"]}, {"required": list(_WITHOUT_A_PARENT)}],
        "definitions": definitions,
    }


def _explained(schema: Schema, name: str) -> Schema:
    """Return the schema of a part with a sentence at each of its keys.

    Beside `$ref` draft 7 reads nothing, so that such a key has one in `allOf`.
    """
    for key, part in schema["properties"].items():
        sentence = {"description": SENTENCE_BY_KEY[name][key]}
        schema["properties"][key] = (
            sentence | {"allOf": [part]} if "$ref" in part else sentence | part
        )
    return schema


def _as_written(schema: Schema) -> Schema:
    """Return a schema of the merged document as one of the files that are merged."""
    if "$ref" in schema:
        return {"$ref": schema["$ref"].replace("#/$defs/", "#/definitions/")}
    if schema.get("type") == "string" and "enum" not in schema:
        return dict(TEXT)
    written: Schema = {}
    for key, value in schema.items():
        match key:
            case "title" | "default":
                continue
            case "required" if "of" not in value:
                continue
            case "description":
                written[key] = value.replace("``", "`")
            case "properties":
                written[key] = {name: _as_written(part) for name, part in value.items()}
            case "additionalProperties" if isinstance(value, dict):
                written[key] = _or_null(_as_written(value))
            case "items":
                written[key] = _as_written(value)
            case "anyOf":
                written[key] = [_as_written(part) for part in value]
            case _:
                written[key] = value
    return written


def _or_null(schema: Schema) -> Schema:
    """Return a schema with `null` beside it, which removes what a parent has."""
    return {"anyOf": [*schema.get("anyOf", [schema]), _NULL]}
