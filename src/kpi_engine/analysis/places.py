"""Where parts of formulas are written, and which formulas a ruleset has."""

from collections.abc import Iterator

from kpi_engine.language import ir
from kpi_engine.language.syntax import (
    Arithmetic,
    Call,
    Comparison,
    Conditional,
    Expr,
    Logic,
    Membership,
    Negative,
    Not,
    Place,
)
from kpi_engine.ruleset.checked import Formula, Ruleset
from kpi_engine.text.located import Scalar, Style
from kpi_engine.text.scalars import inner_span
from kpi_engine.text.source import Span

_STYLE_BY_START: dict[str, Style] = {"'": "single", '"': "double", "|": "literal", ">": "folded"}


def span_in(formula: Formula, place: Place) -> Span:
    """Return where a part of a formula is written, of the whole where that cannot be told."""
    span = formula.span
    start = span.source.text[span.start : span.start + 1]
    scalar = Scalar(formula.text, _STYLE_BY_START.get(start, "plain"), span)
    inner = inner_span(scalar, place.start, place.end)
    return inner if inner.start < inner.end else span


def comparisons(expr: Expr, node: ir.Node) -> Iterator[tuple[Expr, ir.Node]]:
    """Return the comparisons of a formula as they are written, each with its typed form."""
    match expr, node:
        case Comparison(), ir.Op(op="and", args=tests) if len(expr.relations) > 1:
            yield from ((expr, test) for test in tests)
        case (Comparison() | Membership(), ir.Op()):
            yield expr, node
    for part, inner in _pairs(expr, node):
        yield from comparisons(part, inner)


def _pairs(expr: Expr, node: ir.Node) -> Iterator[tuple[Expr, ir.Node]]:
    """Return the parts of a formula with their typed forms, as far as they are alike."""
    match expr, node:
        case Conditional(), ir.Op(op="if", args=(condition, value, otherwise)):
            yield from ((expr.condition, condition), (expr.value, value))
            yield expr.otherwise, otherwise
        case Comparison(operands=(left, right)), ir.Op(args=(one, other)):
            yield from ((left, one), (right, other))
        case Logic(), ir.Op(args=args) if len(args) == len(expr.operands):
            yield from zip(expr.operands, args, strict=True)
        case (Not() | Negative(), ir.Op(args=(inner,))):
            yield expr.operand, inner
        case Arithmetic(), ir.Op(args=(one, other)):
            yield from ((expr.left, one), (expr.right, other))
        case Call(arguments=arguments), ir.Op(args=args) | ir.Aggregate(args=args):
            yield from zip(arguments, args, strict=False)
        case Call(arguments=(only,)), ir.Apply(x=x):
            yield only, x
        case Call(arguments=(_, last)), ir.Slices(x=x):
            yield last, x
        case _:
            return


def distance_of(span: Span, ruleset: Ruleset) -> int:
    """Return how many files lie between a ruleset's own and that of a place; given values, -1."""
    files = [layer.path for layer in ruleset.layers]
    return files.index(span.source.name) if span.source.name in files else -1
