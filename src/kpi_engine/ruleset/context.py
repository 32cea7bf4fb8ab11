"""What the checker's passes share: the sheet, the model, and what has been resolved so far."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from fractions import Fraction
from types import MappingProxyType

from kpi_engine.language import ir
from kpi_engine.language.agreement import gathered
from kpi_engine.language.exact import Environment
from kpi_engine.language.functions import FUNCTIONS, is_aggregate, spans_group
from kpi_engine.language.kinds import Kind, Level, Type
from kpi_engine.language.scopes import GroupSignature, ScaleSignature, Scope, Sight, full_name
from kpi_engine.language.syntax import Call, Expr, Name, parts_of
from kpi_engine.ruleset.checked import Formula, Param, Rule, ScaleUse
from kpi_engine.ruleset.document import RulesetDocument
from kpi_engine.ruleset.scales import UNLIMITED, Applied, Domain, read_scale
from kpi_engine.ruleset.sheet import BROKEN, Path, Sheet, formula_at, report, span_of
from kpi_engine.ruleset.standings import Place, is_ladder, read_place

_BESIDE_CASES = frozenset({"of", "over", "prefer", "note"})
"""What stands in a scale beside its cases."""


@dataclass(frozen=True, slots=True)
class Context:
    """A ruleset being checked; params are resolved first.

    ``constants`` gives values to formulas that read params alone. ``places`` are those that scales
    go by, by the name of the metric that each of them is. ``unmade`` are tables that cannot be
    made, and are reported.
    """

    sheet: Sheet
    document: RulesetDocument
    params: Mapping[str, Param]
    param_refs: Mapping[str, ir.Ref]
    scales: Mapping[str, ScaleSignature]
    constants: Environment
    places: dict[str, Place] = field(default_factory=dict)
    unmade: set[str] = field(default_factory=set)


def scope_of(  # noqa: PLR0913 (what a scope is made of, by name)
    context: Context,
    sight: Sight,
    *,
    known: frozenset[str] = frozenset(),
    lower: AbstractSet[str] = frozenset(),
    aggregates: bool = False,
    rows: Sight | None = None,
    groups: Mapping[str, GroupSignature] = MappingProxyType({}),
) -> Scope:
    """Return the scope of a formula that sees something, the scales among the params too."""
    return Scope(
        sight,
        context.document.currency,
        context.scales,
        known=known,
        lower=lower,
        aggregates=aggregates,
        rows=rows,
        groups=groups,
    )


def rule_at(
    context: Context,
    path: Path,
    rule: str | dict[str, str | list[str]],
    scope: Scope,
    domain_of: Callable[[ir.Node], Domain],
) -> Rule:
    """Return a formula, or a scale applied on the spot with ``of``."""
    if isinstance(rule, str):
        return formula_at(context.sheet, path, rule, scope)
    span = span_of(context.sheet, path)
    cases = {key: text for key, text in rule.items() if key not in _BESIDE_CASES}
    if "of" not in rule:
        report(context.sheet, "K302", span, key="of")
        return Formula("", Name(""), BROKEN, span)
    of = formula_at(context.sheet, (*path, "of"), str(rule["of"]), scope)
    applied = Applied(of.node.type, domain_of(of.node))
    if is_ladder(rule):
        place = read_place(context.sheet, path, rule, of, scope)
        if place is None:
            return ScaleUse(of, (), BROKEN, span)
        context.places[place.call.text] = place
        node = ir.Ref("metric", place.call.text, place.call.node.type)
        of = replace(of, text=place.call.text, tree=Name(place.call.text), node=node)
        everybody = Fraction(1) in place.standing.shares
        last = max(place.ranks.values()) if everybody else None
        applied = Applied(node.type, (Fraction(1), last), place.ranks)
    texts = {key: text for key, text in cases.items() if isinstance(text, str)}
    read = read_scale(context.sheet, path, texts, scope, applied)
    if read is None or not _levels_meet(context, [of, *(case.value for case in read.cases)]):
        return ScaleUse(of, (), BROKEN, span)
    type_ = Type(
        read.signature.value.kind,
        max(of.node.type.level, read.signature.value.level),
        read.signature.value.nullable or of.node.type.nullable,
        read.signature.value.labels,
    )
    return ScaleUse(of, read.cases, ir.Apply(read.scale, of.node, type_), span)


def _levels_meet(context: Context, formulas: list[Formula]) -> bool:
    """Return whether a scale mixes no value of one row with one that rows were gathered into."""
    levels = {formula.node.type.level for formula in formulas}
    if not {Level.ROW, Level.SUBJECT} <= levels:
        return True
    row = next(formula for formula in formulas if formula.node.type.level is Level.ROW)
    instead = gathered(row.text, row.node.type.kind)
    report(context.sheet, "K231", row.span, name=row.text, instead=instead)
    return False


def is_broken(rule: Rule | None) -> bool:
    """Return whether a rule could not be typed: its mistake is reported already."""
    return rule is not None and rule.node.type.kind is Kind.ANY


def condition_at(context: Context, path: Path, text: str, scope: Scope) -> Formula:
    """Return a formula that must be a condition."""
    formula = formula_at(context.sheet, path, text, scope)
    kind = formula.node.type.kind
    if kind not in {Kind.BOOL, Kind.ANY}:
        report(context.sheet, "K362", formula.span, found=kind)
    return formula


def names_in(
    tree: Expr, scales: Container[str] | None = None, *, of_rows: bool = False
) -> frozenset[str]:
    """Return the names a formula reads itself, with their dots; ``of_rows`` also in aggregates.

    With the ``scales`` that exist, not those that a misspelt function reads, which may be one.
    """
    found: set[str] = set()
    waiting: list[Expr] = [tree]
    while waiting:
        expr = waiting.pop()
        match expr:
            case Name():
                found.add(full_name(expr))
            case Call() if spans_group(expr.function, len(expr.arguments)):
                waiting += expr.arguments[:-1]
            case Call(function=name):
                here = of_rows or not is_aggregate(name)
                if here and (scales is None or name in scales or name in FUNCTIONS):
                    waiting += expr.arguments
            case _:
                waiting += parts_of(expr)
    return frozenset(found)


def in_order(needs: Mapping[str, Iterable[str]]) -> tuple[list[str], list[list[str]]]:
    """Return the names so that each follows what it needs, and the circles that have no such order.

    Names keep their order on the page where nothing else decides; those of a circle are left out.
    Needs that are not among the names do not count.
    """
    ordered: list[str] = []
    circles: list[list[str]] = []
    done: set[str] = set()
    circular: set[str] = set()
    for first in needs:
        # a chain of needs may be longer than Python's recursion is deep
        path: dict[str, Iterator[str]] = {} if first in done else {first: iter(needs[first])}
        while path:
            name, waiting = next(reversed(path.items()))
            needed = next(waiting, None)
            if needed is None:
                del path[name]
                done.add(name)
                if name not in circular:
                    ordered.append(name)
            elif needed in path:
                circle = list(path)[list(path).index(needed) :]
                if circular.isdisjoint(circle):
                    circles.append(circle)
                    circular.update(circle)
            elif needed in needs and needed not in done:
                path[needed] = iter(needs[needed])
    return ordered, circles


def circle_words(circle: list[str]) -> dict[str, str]:
    """Return the facts that tell of names computed from one another.

    >>> circle_words(["net", "fee"])
    {'names': '`net` and `fee` are', 'each': 'one another'}
    """
    if len(circle) == 1:
        return {"names": f"`{circle[0]}` is", "each": "itself"}
    listed = [f"`{name}`" for name in circle]
    if len(listed) > _LISTED:
        listed[_LISTED - 1 :] = [f"{len(circle) - _LISTED + 1} more"]
    return {"names": f"{', '.join(listed[:-1])} and {listed[-1]} are", "each": "one another"}


_LISTED = 10


HIGHEST_POINTS = 100
SCORE_DOMAIN: Domain = (Fraction(0), Fraction(HIGHEST_POINTS))


def domain_of(node: ir.Node, known: Mapping[str, Domain]) -> Domain:
    """Return the limits of a value that can be seen: shares, counts, points, the score."""
    match node:
        case ir.Lit(value=Fraction() as value):
            return (value, value)
        case ir.Ref(space="metric", name=name):
            return known.get(name, UNLIMITED)
        case ir.Aggregate(function="share"):
            return (Fraction(0), Fraction(1))
        case ir.Aggregate(function="count" | "distinct"):
            return (Fraction(0), None)
        case ir.Op(op="attain" | "attain_lower"):
            return SCORE_DOMAIN
        case ir.Op(op="mul", args=(left, right)):
            if isinstance(right, ir.Lit):
                left, right = right, left
            if isinstance(left, ir.Lit) and isinstance(left.value, Fraction) and left.value > 0:
                low, high = domain_of(right, known)
                factor = left.value
                return (
                    low * factor if low is not None else None,
                    high * factor if high is not None else None,
                )
            return UNLIMITED
        case _:
            return UNLIMITED


def subject_level(type_: Type) -> Type:
    """Return the type of a value as it is read at subject level."""
    level = Level.SUBJECT
    if type_.level is level:
        return type_
    return Type(type_.kind, level, type_.nullable, type_.labels, type_.whole)
