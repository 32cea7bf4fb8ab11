"""Whether values go together: units, levels, labels, and what a mistake about them says."""

from collections.abc import Sequence
from fractions import Fraction

from kpi_engine.language import ir
from kpi_engine.language.kinds import (
    ANY,
    MOMENTS,
    ORDERED,
    QUANTITIES,
    Kind,
    Level,
    Type,
    join_kinds,
)
from kpi_engine.language.mistakes import Mistake
from kpi_engine.language.printer import print_formula
from kpi_engine.language.scopes import Scope, closest
from kpi_engine.language.syntax import Comparison, Expr, Place

_APART = frozenset({Level.ROW, Level.SUBJECT})

HIGHEST_LIKELY_RATIO = Fraction(3, 2)
"""A ratio compared with more than this was meant in per cent."""


def note(mistakes: list[Mistake], code: str, place: Place, **facts: object) -> ir.Lit:
    """Note a mistake, and return what stands in for the part it is in."""
    mistakes.append(Mistake(code, place, tuple(facts.items())))
    return ir.Lit(None, ANY)


def highest_level(nodes: tuple[ir.Node, ...] | list[ir.Node]) -> Level:
    """Return the level of a value computed from some nodes."""
    return max([node.type.level for node in nodes], default=ANY.level)


def may_be_unknown(nodes: tuple[ir.Node, ...] | list[ir.Node]) -> bool:
    """Return whether one of the nodes can be unknown."""
    return True in [node.type.nullable for node in nodes]


def join_types(left: Type, right: Type) -> Type | None:
    """Return the type of a value that is one or the other, or None where none holds both."""
    kind = join_kinds(left.kind, right.kind)
    if kind is None:
        return None
    labels = None
    if left.labels is not None and right.labels is not None:
        labels = tuple(dict.fromkeys((*left.labels, *right.labels)))
    elif Kind.NOTHING in (left.kind, right.kind):
        labels = left.labels or right.labels
    return Type(
        kind,
        max(left.level, right.level),
        left.nullable or right.nullable,
        labels,
        left.whole and right.whole,
    )


def levels_meet(exprs: Sequence[Expr], nodes: Sequence[ir.Node], mistakes: list[Mistake]) -> bool:
    """Return whether no value of one row stands beside one that rows were gathered into."""
    if not _APART.issubset([node.type.level for node in nodes]):
        return True
    row = next(index for index, node in enumerate(nodes) if node.type.level is Level.ROW)
    name = print_formula(exprs[row])
    instead = gathered(name, nodes[row].type.kind)
    note(mistakes, "K231", exprs[row].place, name=name, instead=instead)
    return False


def gathered(text: str, kind: Kind) -> str | None:
    """Return the likely aggregate of one row's value, or None where none is likely.

    >>> gathered("amount", Kind.MONEY)
    'sum(amount)'
    """
    if kind is Kind.BOOL:
        return f"count({text})"
    if kind in QUANTITIES:
        return f"sum({text})"
    return f"max({text})" if kind in MOMENTS else None


def with_unit(exprs: Sequence[Expr], nodes: Sequence[ir.Node], currency: str) -> str | None:
    """Return the bare number among some values with the unit that another one has, if it has one.

    >>> from kpi_engine.language.syntax import Name, Number
    >>> five, price = Number(Fraction(5)), ir.Ref("metric", "price", Type(Kind.MONEY))
    >>> with_unit((five, Name("price")), (ir.Lit(Fraction(5), Type(Kind.NUMBER)), price), "CNY")
    '5 CNY'
    """
    unit_by_kind = {Kind.MONEY: currency, Kind.DURATION: "min"}
    units = [unit_by_kind[n.type.kind] for n in nodes if n.type.kind in unit_by_kind]
    bare = [
        print_formula(expr)
        for expr, node in zip(exprs, nodes, strict=True)
        if isinstance(node, ir.Lit) and node.type.kind is Kind.NUMBER
    ]
    return f"{bare[0]} {units[0]}" if bare and units else None


def decides(node: ir.Node, place: Place, mistakes: list[Mistake]) -> bool:
    """Return whether a condition may decide; one that can be unknown is a mistake."""
    if node.type.nullable and node.type.kind is Kind.BOOL:
        note(mistakes, "K221", place)
        return False
    return True


def comparable(
    expr: Comparison,
    index: int,
    nodes: tuple[ir.Node, ir.Node],
    scope: Scope,
    mistakes: list[Mistake],
) -> bool:
    """Return whether the two sides of one relation of a comparison fit, after noting why not."""
    left, right = nodes
    kinds = (left.type.kind, right.type.kind)
    if kinds[0] is kinds[1] and kinds[0] in QUANTITIES:
        return True
    relation, sides = expr.relations[index], expr.operands[index : index + 2]
    if Kind.NOTHING in kinds:
        note(mistakes, "K232", expr.place, operator=relation)
        return False
    joined = join_kinds(*kinds)
    if joined is None:
        instead = with_unit(sides, nodes, scope.currency)
        facts = {"left": kinds[0], "right": kinds[1], "instead": instead}
        note(mistakes, "K233", expr.place, **facts)
        return False
    if relation not in {"==", "!="} and joined not in ORDERED and joined is not Kind.ANY:
        note(mistakes, "K234", expr.place, kind=joined, operator=relation)
        return False
    if joined is Kind.HOURS:
        note(mistakes, "K235", expr.place)
        return False
    for mine, other, place in (
        (left, right, sides[1].place),
        (right, left, sides[0].place),
    ):
        if not ratio_bound_likely(mine, other, place, mistakes):
            return False
        if not label_exists(mine, other, place, mistakes):
            return False
    return True


def ratio_bound_likely(
    ratio: ir.Node, bound: ir.Node, place: Place, mistakes: list[Mistake]
) -> bool:
    """Return whether a ratio may reach the number it is measured against; note that none does."""
    if (
        ratio.type.kind is Kind.RATIO
        and bound.type.kind is Kind.NUMBER
        and isinstance(bound, ir.Lit)
        and isinstance(bound.value, Fraction)
        and abs(bound.value) > HIGHEST_LIKELY_RATIO
    ):
        note(mistakes, "K236", place, number=f"{float(bound.value):g}")
        return False
    return True


def label_exists(labelled: ir.Node, text: ir.Node, place: Place, mistakes: list[Mistake]) -> bool:
    """Return whether a text compared with labels is one of them, after noting that it is not."""
    labels = labelled.type.labels
    if labels is None or isinstance(labelled, ir.Lit):
        return True
    if not isinstance(text, ir.Lit) or not isinstance(text.value, str) or text.value in labels:
        return True
    note(
        mistakes,
        "K237",
        place,
        label=text.value,
        labels=", ".join(labels),
        near=closest(text.value, set(labels)),
    )
    return False
