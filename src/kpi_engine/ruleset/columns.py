"""Columns: their kinds and defaults, and the clock that dates a table."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from kpi_engine.language import ir
from kpi_engine.language.core import Rational, constant
from kpi_engine.language.exact import column_value
from kpi_engine.language.kinds import ANY, MOMENTS, Kind, Level, Type, join_kinds
from kpi_engine.language.mistakes import Mistake
from kpi_engine.language.scopes import Scope, Sight, closest
from kpi_engine.language.typing import type_formula
from kpi_engine.ruleset.checked import Column
from kpi_engine.ruleset.context import Context
from kpi_engine.ruleset.document import ColumnDocument
from kpi_engine.ruleset.sheet import Path, parsed, report, span_of
from kpi_engine.text.located import Scalar
from kpi_engine.text.scalars import inner_span

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

ANY_COLUMN: Final = ANY._replace(level=Level.ROW)
"""The type of a column whose mistake is reported already: nothing more is said of what reads it."""

_KIND_BY_OTHER_WORD = {
    **dict.fromkeys(("string", "str", "varchar", "char"), "text"),
    **dict.fromkeys(("integer", "bigint", "count"), "int"),
    **dict.fromkeys(("float", "double", "decimal", "numeric", "percent"), "number"),
    **dict.fromkeys(("boolean", "flag"), "bool"),
    **dict.fromkeys(("currency", "amount"), "money"),
    **dict.fromkeys(("timestamp", "time"), "datetime"),
}


def columns_exist(
    context: Context, path: Path, names: list[str], types: Mapping[str, Type], table: str
) -> bool:
    """Return whether all names are columns of a table and none stands twice, noting the others."""
    clean = True
    for index, name in enumerate(names):
        where = (*path, index) if (*path, index) in context.sheet.node_by_path else path
        span = span_of(context.sheet, where)
        if name not in types:
            near = closest(name, set(types))
            report(context.sheet, "K351", span, name=name, table=table, near=near)
            clean = False
        elif name in names[:index]:
            report(context.sheet, "K345", span, name=name, key=path[-1])
            clean = False
    return clean


def read_column(context: Context, path: Path, name: str, document: ColumnDocument) -> Column:
    """Return the column of an input table; one without a kind, which is noted, is of any."""
    sheet = context.sheet
    kind_path = (*path, "kind") if (*path, "kind") in sheet.node_by_path else path
    words, equals, _ = (part.strip() for part in document.kind.partition("="))
    optional, _, rest = words.partition(" ")
    words = rest.strip() if optional == "optional" else words
    labels = tuple(label.strip() for label in words.split("|")) if "|" in words else None
    found = Type(Kind.TEXT, Level.ROW, labels=labels) if labels else KIND_BY_WORD.get(words)
    if found is None or (labels is not None and not all(labels)):
        near = _KIND_BY_OTHER_WORD.get(words.lower()) or closest(words, set(KIND_BY_WORD))
        report(sheet, "K352", span_of(sheet, kind_path), text=words, near=near)
        return Column(name, ANY_COLUMN, document.column or name)
    default = _default(context, kind_path, document.kind, found) if equals else None
    return Column(
        name,
        found._replace(nullable=optional == "optional" and default is None),
        document.column or name,
        document.format,
        document.in_ == "minor",
        default,
    )


def _default(context: Context, path: Path, written: str, type_: Type) -> ir.Lit | None:
    """Return the default behind the `=` of what is written of a column; None if it does not fit."""
    sheet = context.sheet
    scalar = sheet.node_by_path.get(path)
    text = written.partition("=")[2].strip()
    span = span_of(sheet, path)
    if isinstance(scalar, Scalar) and text:
        start = written.index("=") + 1
        start += len(written[start:]) - len(written[start:].lstrip())
        span = inner_span(scalar, start, start + len(text))
    if type_.labels is not None:
        if text in type_.labels:
            return ir.Lit(text, type_)
        near, listed = closest(text, set(type_.labels)), ", ".join(type_.labels)
        report(sheet, "K237", span, label=text, labels=listed, near=near)
        return None
    tree = parsed(text)
    if isinstance(tree, Mistake):
        report(sheet, tree.code, span, **dict(tree.facts))
        return None
    node, mistakes = type_formula(tree, Scope(Sight({}), context.document.currency))
    for mistake in mistakes:
        if mistake.code == "K222":
            report(sheet, mistake.code, span, **dict(mistake.facts))
            return None
    found = "no value written out" if mistakes else str(node.type.kind)
    expected = "a whole number" if type_.whole else str(type_.kind)
    fits = isinstance(node, ir.Lit) and join_kinds(node.type.kind, type_.kind) == type_.kind
    if mistakes or not fits or not isinstance(node, ir.Lit) or type_.whole > node.type.whole:
        report(sheet, "K358", span, text=text, found=found, expected=expected)
        return None
    kept = column_value("", type_)
    if isinstance(node.value, Fraction) and isinstance(kept, Rational):
        units = node.value * (constant(kept.den) or 1)
        if units.denominator != 1:
            expected = (
                "an amount in whole minor units"
                if type_.kind is Kind.MONEY
                else "a number of at most 6 decimals"
            )
            report(sheet, "K358", span, text=text, found="finer than is kept", expected=expected)
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


def with_calendar(
    types: Mapping[str, Type], clock: str | None, named: str | None = None
) -> dict[str, Type]:
    """Return the columns with the built-in day and period of a dated table.

    Where ``named`` is what cannot date its rows, both can be anything.
    """
    if clock is None:
        misdated = ("period", "day") if named is not None else ()
        return {**dict.fromkeys(misdated, ANY_COLUMN), **types}
    dated = types[clock]
    built_in = {"period": Type(Kind.MONTH, Level.ROW, dated.nullable)}
    if dated.kind is not Kind.MONTH:
        built_in["day"] = Type(Kind.DATE, Level.ROW, dated.nullable)
    return {**built_in, **types}
