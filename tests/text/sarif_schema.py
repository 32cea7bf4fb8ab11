"""What SARIF 2.1.0 asks of the objects that we write: names, types and bounds, nothing beside them.

Written after the standard (OASIS, Static Analysis Results Interchange Format 2.1.0), sections 3.11
to 3.52. The schema that OASIS publishes knows many more objects; a member that stands here is one
of its, under the same rules, and a member that does not stand here is refused.
"""

from typing import Any


def _object(required: list[str], **properties: object) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }


def _list(of: object, *, unique: bool = False) -> dict[str, Any]:
    return {"type": "array", "items": of, "uniqueItems": unique}


TEXT = {"type": "string"}
COUNTED = {"type": "integer", "minimum": 1}
LEVEL = {"enum": ["none", "note", "warning", "error"]}

MESSAGE = _object(["text"], text=TEXT, markdown=TEXT)
REGION = _object(
    ["startLine"], startLine=COUNTED, startColumn=COUNTED, endLine=COUNTED, endColumn=COUNTED
)
ARTIFACT = _object([], uri={"type": "string", "format": "uri-reference"}, uriBaseId=TEXT)
PLACE = _object(["artifactLocation"], artifactLocation=ARTIFACT, region=REGION)
LOCATION = _object([], physicalLocation=PLACE, message=MESSAGE)
RULE = _object(
    ["id"],
    id=TEXT,
    shortDescription=MESSAGE,
    fullDescription=MESSAGE,
    help=MESSAGE,
    defaultConfiguration=_object([], level=LEVEL),
)
DRIVER = _object(["name"], name=TEXT, version=TEXT, rules=_list(RULE, unique=True))
RESULT = _object(
    ["message"],
    ruleId=TEXT,
    ruleIndex={"type": "integer", "minimum": -1},
    level=LEVEL,
    message=MESSAGE,
    locations=_list(LOCATION),
    relatedLocations=_list(LOCATION, unique=True),
)
RUN = _object(
    ["tool"],
    tool=_object(["driver"], driver=DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results=_list(RESULT),
)
LOG = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **_object(
        ["version", "runs"],
        **{
            "$schema": {"type": "string", "format": "uri"},
            "version": {"const": "2.1.0"},
            "runs": _list(RUN),
        },
    ),
}
