"""The model's complaints about a file's shape, said in our words and at the right place."""

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from kpi_engine.language.scopes import closest
from kpi_engine.ruleset.document import RulesetDocument
from kpi_engine.ruleset.sheet import Path, Sheet, key_span, report, span_of


def read_document(sheet: Sheet) -> RulesetDocument | None:
    """Return the model of a sheet, or None after noting everything that is wrong with its shape."""
    if "ruleset" not in sheet.data:
        report(sheet, "K657" if "fleet" in sheet.data else "K305", key_span(sheet, ()))
        return None
    try:
        return RulesetDocument.model_validate(sheet.data)
    except ValidationError as error:
        mistakes = error.errors(include_url=False, include_input=True)
    misspelt: set[tuple[Path, str]] = set()
    for details in mistakes:
        if details["type"] == "extra_forbidden":
            misspelt.add(_report_unknown_key(sheet, details))
    for details in mistakes:
        path = _written_path(sheet, details["loc"])
        if details["type"] == "missing" and (path, str(details["loc"][-1])) not in misspelt:
            place = path or ("ruleset",)
            report(sheet, "K302", key_span(sheet, place), key=details["loc"][-1])
        elif details["type"] not in {"extra_forbidden", "missing"}:
            _report_wrong_value(sheet, path, details)
    return None


def _report_unknown_key(sheet: Sheet, details: ErrorDetails) -> tuple[Path, str]:
    """Note a key that has no meaning; return where it stands and the key that was likely meant."""
    path = _written_path(sheet, details["loc"])
    key = str(path[-1])
    near = closest(key, set(fields_at(path[:-1])))
    report(sheet, "K301", key_span(sheet, path), key=key, near=near)
    return path[:-1], near or ""


def _report_wrong_value(sheet: Sheet, path: Path, details: ErrorDetails) -> None:
    span, key = span_of(sheet, path), str(path[-1]) if path else ""
    match details["type"]:
        case "literal_error":
            expected = details.get("ctx", {}).get("expected", "").replace("'", "`")
            found = f"`{details['input']}`"
            report(sheet, "K304", span, key=key, found=found, expected=expected)
        case "words" | "rule" | "param" | "names" | "column":
            report(sheet, "K303", span, key=key, problem=details["msg"])
        case _:
            wanted = _WANTED_BY_TYPE.get(details["type"], "another value")
            if path[:-1] == ("metrics",):
                wanted = "a formula or keys such as `from` and `value`"
            found = "nothing" if details["type"] == "too_short" else _shape_name(details["input"])
            problem = f"{found} stands here instead of {wanted}"
            report(sheet, "K303", span, key=key, problem=problem)


def _written_path(sheet: Sheet, loc: tuple[str | int, ...]) -> Path:
    """Return the path of an error without the parts that only the model knows."""
    path: Path = ()
    for part in loc:
        if (*path, part) in sheet.node_by_path:
            path = (*path, part)
    return path


_WANTED_BY_TYPE = {
    "dict_type": "lines like `name: value`",
    "model_type": "lines like `key: value`",
    "string_type": "a text",
    "too_short": "at least one line like `name: …`",
}


def _shape_name(value: object) -> str:
    match value:
        case Mapping():
            return "lines like `key: value`"
        case list():
            return "a list"
        case "":
            return "nothing"
        case _:
            return "one text"


def fields_at(path: Path) -> list[str]:
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
