"""Columns: their kinds and defaults, and the clock that dates a table."""

import re
from collections.abc import Mapping
from dataclasses import replace

from kpi_engine.language import ir
from kpi_engine.language.kinds import MOMENTS, Kind, Level, Type, join_kinds
from kpi_engine.language.typing import Scope, closest, type_formula
from kpi_engine.ruleset.checked import Column
from kpi_engine.ruleset.context import Context
from kpi_engine.ruleset.document import ColumnDocument
from kpi_engine.ruleset.sheet import Path, parse_at, report, span_of

KIND_BY_WORD: dict[str, Type] = {
    "text": Type(Kind.TEXT, Level.ROW),
    "int": Type(Kind.NUMBER, Level.ROW, whole=True),
    "number": Type(Kind.NUMBER, Level.ROW),
    "bool": Type(Kind.BOOL, Level.ROW),
    "money": Type(Kind.MONEY, Level.ROW),
    "date": Type(Kind.DATE, Level.ROW),
    "datetime": Type(Kind.DATETIME, Level.ROW),
    "month": Type(Kind.MONTH, Level.ROW),
}
"""The words of column kinds; texts with labels are written `a | b | c`."""

_KIND = re.compile(r"(?P<optional>optional\s+)?(?P<kind>[^=]+?)\s*(?:=\s*(?P<default>.+))?")


def columns_exist(
    context: Context, path: Path, names: list[str], types: Mapping[str, Type], table: str
) -> bool:
    """Return whether all names are columns of a table, after noting those that are not."""
    clean = True
    for index, name in enumerate(names):
        if name not in types:
            where = (*path, index) if (*path, index) in context.sheet.node_by_path else path
            report(
                context.sheet,
                "K351",
                span_of(context.sheet, where),
                name=name,
                table=table,
                near=closest(name, set(types)),
            )
            clean = False
    return clean


def read_column(
    context: Context, path: Path, name: str, text: str | ColumnDocument
) -> Column | None:
    """Return the column of an input table, written short or long, or None after noting why not."""
    sheet = context.sheet
    long = text if isinstance(text, ColumnDocument) else ColumnDocument(kind=text)
    match = _KIND.fullmatch(long.kind.strip())
    kind_path = (*path, "kind") if isinstance(text, ColumnDocument) else path
    words = match["kind"].strip() if match is not None else ""
    labels = tuple(label.strip() for label in words.split("|")) if "|" in words else None
    found = Type(Kind.TEXT, Level.ROW, labels=labels) if labels else KIND_BY_WORD.get(words)
    if match is None or found is None or (labels is not None and not all(labels)):
        near = closest(words, set(KIND_BY_WORD))
        report(sheet, "K352", span_of(sheet, kind_path), text=long.kind, near=near)
        return None
    default = None
    if match["default"] is not None:
        default = _default(context, kind_path, match["default"], found)
    optional = match["optional"] is not None
    return Column(
        name,
        replace(found, nullable=optional and default is None),
        long.column or name,
        long.format,
        long.in_ == "minor",
        default,
    )


def _default(context: Context, path: Path, text: str, type_: Type) -> ir.Lit | None:
    sheet = context.sheet
    if type_.labels is not None and text in type_.labels:
        return ir.Lit(text, type_)
    tree = parse_at(sheet, path, text)
    if tree is None:
        return None
    node, mistakes = type_formula(tree, Scope({}, context.document.currency))
    kind = node.type.kind
    if mistakes or not isinstance(node, ir.Lit) or join_kinds(kind, type_.kind) != type_.kind:
        report(sheet, "K358", span_of(sheet, path), text=text, found=kind, expected=type_.kind)
        return None
    return node


def read_clock(
    context: Context, path: Path, dated: str | None, types: Mapping[str, Type], table: str
) -> str | None:
    """Return the column that dates the rows of a table, or None where nothing does."""
    if dated is None:
        return None
    if not columns_exist(context, (*path, "dated"), [dated], types, table):
        return None
    kind = types[dated].kind
    if kind not in MOMENTS:
        span = span_of(context.sheet, (*path, "dated"))
        report(context.sheet, "K359", span, name=dated, found=kind)
        return None
    return dated


def with_calendar(types: Mapping[str, Type], clock: str | None) -> dict[str, Type]:
    """Return the columns with the built-in day and period of a dated table."""
    if clock is None:
        return dict(types)
    dated = types[clock]
    built_in = {"period": Type(Kind.MONTH, Level.ROW, dated.nullable)}
    if dated.kind is not Kind.MONTH:
        built_in["day"] = Type(Kind.DATE, Level.ROW, dated.nullable)
    return {**built_in, **types}
