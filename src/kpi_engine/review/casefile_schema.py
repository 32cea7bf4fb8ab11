"""The JSON Schema of ruleset tests, for editors."""

from typing import Final

from kpi_engine.review.casefiles import CASE_KEYS, FILE_KEYS
from kpi_engine.ruleset.schema import TEXT, Schema, schema_head


def _by_name(of: Schema) -> Schema:
    return {"type": "object", "additionalProperties": of}


_WORDS: Final = {"anyOf": [TEXT, _by_name(TEXT)]}
_TABLE: Final = {"type": "string"}
_MONTHS: Final = {"type": "array", "items": TEXT}
_SCHEMA_BY_KEY: Final[dict[str, Schema]] = {
    "test": {"type": "string", "description": "The name of the ruleset that is tested."},
    "period": {**TEXT, "description": "The month of the cases, such as `2026-10`."},
    "as_of": {**TEXT, "description": "When the runs look at the data."},
    "given": {
        **_by_name(_TABLE),
        "description": "The rows of input tables, with `|` between the cells.",
    },
    "params": {**_by_name(TEXT), "description": "Params in force in the cases."},
    "title": _WORDS,
    "source": _WORDS,
    "note": _WORDS,
    "name": {**TEXT, "description": "What the case shows."},
    "for": {**TEXT, "description": "The subject that the case is about."},
    "history": {
        **_by_name({"anyOf": [_MONTHS, _by_name(_MONTHS)]}),
        "description": "Values of the months before, the oldest first.",
    },
    "table": {
        **_TABLE,
        "description": "Given values and, behind `=>`, expected ones; an evaluation a row.",
    },
    "expect": {
        **_by_name({"anyOf": [TEXT, _by_name(TEXT)]}),
        "description": "Expected values, by subject or, with `for`, of that subject.",
    },
    "rows": {
        **_by_name(_by_name({"anyOf": [TEXT, _by_name(TEXT)]})),
        "description": "Rows that the accounting is to count, by table or metric.",
    },
}


def casefile_schema() -> Schema:
    """Return the JSON Schema (draft 7) of a ruleset test.

    >>> casefile_schema()["required"]
    ['test', 'period', 'cases']
    """
    case = {
        "type": "object",
        "properties": {key: _SCHEMA_BY_KEY[key] for key in CASE_KEYS},
        "additionalProperties": False,
        "required": ["name"],
    }
    cases = {"type": "array", "items": case, "minItems": 1, "description": "The cases."}
    return {
        **schema_head("test"),
        "type": "object",
        "properties": {key: cases if key == "cases" else _SCHEMA_BY_KEY[key] for key in FILE_KEYS},
        "additionalProperties": False,
        "required": ["test", "period", "cases"],
    }
