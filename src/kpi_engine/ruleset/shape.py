"""The model's complaints about a file's shape, said in our words and at the right place."""

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from kpi_engine.language.typing import closest
from kpi_engine.ruleset.document import RulesetDocument
from kpi_engine.ruleset.sheet import Path, Sheet, key_span, report, span_of


def read_document(sheet: Sheet) -> RulesetDocument | None:
    """Return the model of a sheet, or None after noting everything that is wrong with its shape."""
    if "ruleset" not in sheet.data:
        report(sheet, "K305", key_span(sheet, ()))
        return None
    try:
        return RulesetDocument.model_validate(sheet.data)
    except ValidationError as error:
        for details in error.errors(include_url=False, include_input=True):
            _report(sheet, details)
        return None


def _report(sheet: Sheet, details: ErrorDetails) -> None:
    path = _written_path(sheet, details["loc"])
    key = str(details["loc"][-1]) if details["loc"] else ""
    match details["type"]:
        case "extra_forbidden":
            near = closest(key, set(_fields_at(path[:-1])))
            report(sheet, "K301", key_span(sheet, path), key=key, near=near)
        case "missing":
            report(sheet, "K302", key_span(sheet, path), key=key)
        case "literal_error":
            expected = details.get("ctx", {}).get("expected", "")
            found = f"`{details['input']}`"
            report(sheet, "K304", span_of(sheet, path), key=key, found=found, expected=expected)
        case "words" | "rule" | "param" | "names" | "column":
            report(sheet, "K303", span_of(sheet, path), key=key, problem=details["msg"])
        case _:
            found, wanted = _shape_name(details["input"]), _wanted(details["type"])
            problem = f"{found} stands here, {wanted} was expected"
            report(sheet, "K303", span_of(sheet, path), key=key, problem=problem)


def _written_path(sheet: Sheet, loc: tuple[str | int, ...]) -> Path:
    """Return the path of an error without the parts that only the model knows."""
    path: Path = ()
    for part in loc:
        if (*path, part) in sheet.node_by_path:
            path = (*path, part)
    return path


def _wanted(kind: str) -> str:
    return {
        "dict_type": "a mapping",
        "model_type": "a mapping",
        "model_attributes_type": "a mapping",
        "string_type": "a text",
        "list_type": "a list",
    }.get(kind, kind)


def _shape_name(value: object) -> str:
    match value:
        case Mapping():
            return "a mapping"
        case list():
            return "a list"
        case "":
            return "nothing"
        case _:
            return "a text"


def _fields_at(path: Path) -> list[str]:
    """Return the keys the model knows at a path."""
    current: object = RulesetDocument
    for part in path:
        if isinstance(current, type) and issubclass(current, BaseModel):
            names = {(f.alias or name): f.annotation for name, f in current.model_fields.items()}
            current = _model_or_mapping(names.get(str(part)))
        else:
            arguments = get_args(current)
            current = _model_or_mapping(arguments[1]) if len(arguments) > 1 else None
    if isinstance(current, type) and issubclass(current, BaseModel):
        return [field.alias or name for name, field in current.model_fields.items()]
    return []


def _model_or_mapping(annotation: object) -> object:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _model_or_mapping(get_args(annotation)[0])
    if origin in {Union, UnionType}:
        parts = [_model_or_mapping(part) for part in get_args(annotation) if part is not NoneType]
        return next((part for part in parts if part is not str), None)
    return annotation
