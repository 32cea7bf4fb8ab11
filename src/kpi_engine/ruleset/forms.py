"""The whole-number form of every formula of a ruleset, in the order they are computed.

The checker walks it to keep the bit budget; how values read once they are columns is decided here,
once, so that a formula that passed the check cannot overflow when it runs.
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import partial

from kpi_engine.language import core, ir, quotients
from kpi_engine.language.core import (
    Core,
    QuotientGatheredError,
    Rational,
    TooWideError,
    Value,
    whole,
)
from kpi_engine.language.exact import (
    Environment,
    column_value,
    exact_value,
    kept_as,
)
from kpi_engine.language.grouped import Among, Ranking, group_size, group_value
from kpi_engine.language.kinds import QUANTITIES, Kind, Level, Type
from kpi_engine.ruleset.checked import (
    SCORE,
    Formula,
    Group,
    Item,
    Metric,
    MetricForm,
    Rule,
    Ruleset,
    Score,
    Table,
)
from kpi_engine.ruleset.derived import RUN
from kpi_engine.ruleset.kept import (
    AGO,
    MONTH,
    POINTS_GRID,
    metric_columns,
    past_value,
    points_value,
    roster_column,
    settled,
)
from kpi_engine.ruleset.known import names_of_lower
from kpi_engine.ruleset.lookups import LAST_DAY, brought, looked_up, lookup_column
from kpi_engine.ruleset.params import constants_of
from kpi_engine.ruleset.wholes import whole_weights
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.source import Span


@dataclass(slots=True)
class Forms:
    """What each name stands for so far, and what was found too wide.

    ``values`` are those of metrics' formulas by the identity of what they see and of the formula,
    which metrics that say the same share.
    """

    ruleset: Ruleset
    tables: Mapping[str, Table]
    constants: Environment
    rows: dict[str, dict[str, Value]] = field(default_factory=dict)
    subject: dict[str, Value] = field(default_factory=dict)
    metrics: dict[str, MetricForm] = field(default_factory=dict)
    lower: AbstractSet[str] = frozenset()
    values: dict[tuple[int, int], Value] = field(default_factory=dict)
    findings: list[Diagnostic] = field(default_factory=list)


def check_budget(ruleset: Ruleset) -> tuple[dict[str, MetricForm], list[Diagnostic]]:
    """Return the form of every metric, and a finding for every formula that could be too wide."""
    constants = constants_of(ruleset.params, ruleset.pool)
    forms = Forms(ruleset, ruleset.tables, constants)
    lower = (name for name, metric in ruleset.metrics.items() if metric.lower)
    forms.lower = {*lower, *names_of_lower(ruleset.tables)}
    for table in ruleset.tables.values():
        forms.rows[table.name] = _table(table, forms)
    roster = forms.rows[ruleset.subject.table]
    if ruleset.subject.where is not None:
        _exact(forms, ruleset.subject.where, roster)
    for name, value in roster.items():
        column = name if name in ruleset.subject.key else roster_column(name)
        forms.subject[name] = kept_as(column, value)
    environments = {name: _environment(forms, values) for name, values in forms.rows.items()}
    of_subject = _environment(forms, forms.subject)
    metrics = ruleset.metrics.values()
    for metric in (metric for metric in metrics if not metric.after_score):
        _metric(metric, forms, environments.get(metric.table or "", of_subject))
    if ruleset.score is not None:
        _score(ruleset, forms)
    for metric in (metric for metric in metrics if metric.after_score):
        _metric(metric, forms, environments.get(metric.table or "", of_subject))
    if ruleset.pay is not None:
        _pay(ruleset, forms)
    return forms.metrics, forms.findings


def _guarded(forms: Forms, span: Span, type_: Type, make: Callable[[], Value]) -> Value:
    """Return a value, or one that stands in for it after its width has been reported."""
    try:
        return make()
    except TooWideError as error:
        forms.findings.append(diagnose("K254", span, bits=error.bits))
    except QuotientGatheredError:
        forms.findings.append(diagnose("K255", span))
    return column_value("", type_)


def _exact(
    forms: Forms,
    rule: Rule,
    names: Mapping[str, Value],
    rows: Mapping[str, Value] | None = None,
) -> Value:
    """Return the value of a rule; with ``rows``, a name of row level is one of those gathered."""
    return _exact_in(forms, rule, _environment(forms, names, rows))


def _exact_in(forms: Forms, rule: Rule, environment: Environment) -> Value:
    make = partial(exact_value, rule.node, environment)
    return _guarded(forms, rule.span, rule.node.type, make)


def _exact_once(forms: Forms, rule: Rule, environment: Environment) -> Value:
    key = (id(environment), id(rule.node))
    met = forms.values.get(key)
    if met is not None:
        return met
    findings = len(forms.findings)
    value = _exact_in(forms, rule, environment)
    if len(forms.findings) == findings:
        forms.values[key] = value
    return value


def _environment(
    forms: Forms, names: Mapping[str, Value], rows: Mapping[str, Value] | None = None
) -> Environment:
    def value_of(ref: ir.Ref) -> Value:
        of_row = rows is not None and ref.type.level is Level.ROW
        return _value_of_name(ref, rows if rows is not None and of_row else names, forms)

    return replace(forms.constants, value_of=value_of)


def _value_of_name(ref: ir.Ref, names: Mapping[str, Value], forms: Forms) -> Value:
    if ref.space == "period":
        return LAST_DAY
    if ref.name in names:
        return names[ref.name]
    found = looked_up(ref.name, forms.tables, forms.rows)
    return kept_as(lookup_column(ref.name), found) if ref.space == "subject" else found


def _table(table: Table, forms: Forms) -> dict[str, Value]:
    """Return what a reader of a table sees."""
    rows = dict(forms.rows[table.origin]) if table.origin is not None else {}
    for column in table.columns:
        rows[column.name] = column_value(column.name, column.type)
    for name in table.types:
        if table.per is None and name in {"day", "period"}:
            rows.setdefault(name, column_value(name, table.types[name]))
    if table.where is not None:
        _exact(forms, table.where, rows)
    names = rows if table.per is None else {key: rows[key] for key in table.per}
    if table.runs is not None:
        _exact(forms, table.runs.starts_when, {**rows, **brought("before", rows)})
        names[RUN] = column_value(RUN, table.types[RUN])
    names |= _matched(table, rows, forms)
    for name, type_ in table.types.items():
        if name in {"day", "period"}:
            names.setdefault(name, column_value(name, type_))
    for name, formula in table.add:
        value = _exact(forms, formula, names, rows if table.per is not None else None)
        kept = partial(kept_as, name, value)
        names[name] = _guarded(forms, formula.span, formula.node.type, kept)
    for _, formula in table.drop:
        _exact(forms, formula, names)
    return {name: value for name, value in names.items() if name in table.types}


def _matched(table: Table, rows: Mapping[str, Value], forms: Forms) -> dict[str, Value]:
    """Return the columns of the rows that are matched to a table's rows."""
    found: dict[str, Value] = {}
    for match in table.matches:
        columns = brought(match.name, forms.rows[match.to])
        names = {**rows, **columns}
        if match.where is not None:
            _exact(forms, match.where, names)
        for formula in (preference.formula for preference in match.prefer):
            kept = partial(kept_as, "", _exact(forms, formula, names))
            _guarded(forms, formula.span, formula.node.type, kept)
        found |= columns
    return found


def _metric(metric: Metric, forms: Forms, environment: Environment) -> None:
    where = None if metric.where is None else _exact_once(forms, metric.where, environment)
    size = None
    match metric.value.node:
        case ir.Across() as node:
            among = _among(forms, forms.ruleset.groups[node.group])
            args = _arguments(forms, node, metric.value)
            size = group_size(among, args[0])
            make = partial(group_value, node.function, args, among, _ranking(forms, metric, node))
            exact = _guarded(forms, metric.value.span, metric.type, make)
        case ir.Previous(name=name):
            exact = _previous(forms, name, metric.type.kind)
        case _:
            exact = _exact_once(forms, metric.value, environment)
    settle = partial(_settled_metric, metric, exact)
    value = _guarded(forms, metric.value.span, metric.type, settle)
    kept = _kept_metric(metric, value)
    forms.metrics[metric.name] = MetricForm(where, value, kept, size)
    forms.subject[metric.name] = kept


def _among(forms: Forms, group: Group) -> Among:
    """Return the columns that say who is together in a group."""
    keys = [_column_of(forms, key) for key in group.key]
    if group.of_period:
        keys.append(MONTH)
    if group.year:
        keys.append(core.floordiv(MONTH, whole(12)))
    return Among(tuple(keys), _subject_columns(forms), MONTH)


def _arguments(forms: Forms, node: ir.Across, rule: Rule) -> list[Value]:
    """Return the settled arguments of a call about a group; of history they are past or present."""
    group = forms.ruleset.groups[node.group]
    names: Mapping[str, Value] = forms.subject
    if not group.of_period:
        read = {ref for ref in ir.references(rule.node) if ref.space == "metric"}
        for ref in sorted(read, key=lambda ref: ref.name):
            make = partial(_past_or_present, forms, ref.name)
            names = {**names, ref.name: _guarded(forms, rule.span, ref.type, make)}
    environment = _environment(forms, names)
    args: list[Value] = []
    for arg in node.args:
        value = _guarded(forms, rule.span, arg.type, partial(_settled, arg, environment))
        if group.months is not None:
            recent = core.compare("lt", AGO, whole(group.months))
            value = quotients.choose_value(recent, value, core.UNKNOWN)
        args.append(value)
    return args


def _settled(node: ir.Node, environment: Environment) -> Value:
    value = exact_value(node, environment)
    return settled(value, node.type.kind) if isinstance(value, Rational) else value


def _ranking(forms: Forms, metric: Metric, node: ir.Across) -> Ranking | None:
    """Return what makes one subject's place better than another's, where a place is asked for."""
    if metric.standing is None:
        return None
    first = node.args[0]
    lower = isinstance(first, ir.Ref) and first.name in forms.lower
    highest = (not lower, *(preference.highest for preference in metric.standing.prefer))
    return Ranking(highest, metric.standing.shares)


def _column_of(forms: Forms, name: str) -> Core:
    value = forms.subject[name]
    return value.num if isinstance(value, Rational) else value


def _subject_columns(forms: Forms) -> tuple[Core, ...]:
    return tuple(_column_of(forms, key) for key in forms.ruleset.subject.key)


def _past_or_present(forms: Forms, name: str) -> Value:
    """Return what a metric or the score is in a month: in an earlier one, as its results say."""
    kind = forms.ruleset.metrics[name].type.kind if name != SCORE else Kind.NUMBER
    present = forms.subject[name]
    if isinstance(present, Rational):
        present = settled(present, kind)
    return quotients.choose_value(
        core.compare("gt", AGO, whole(0)), past_value(name, kind), present
    )


def _previous(forms: Forms, name: str, kind: Kind) -> Value:
    """Return a value of the same subject in the month before."""
    last = core.compare("eq", AGO, core.ONE)
    value = quotients.choose_value(last, past_value(name, kind), core.UNKNOWN)
    columns = _subject_columns(forms)
    return group_value("max", [value], Among(columns, columns, MONTH))


def _settled_metric(metric: Metric, value: Value) -> Value:
    """Return the value of a metric, rounded to its grid unless it stays a fraction."""
    if metric.type.kind not in QUANTITIES:
        return value
    quantity = quotients.as_rational(value)
    return quantity if metric.fraction else settled(quantity, metric.type.kind)


def _kept_metric(metric: Metric, value: Value) -> Value:
    """Return how a metric reads once it is kept: a fraction of two columns, or one column."""
    if isinstance(value, Core):
        return Core("column", (f"metric.{metric.name}",), value.low, value.high)
    num, den = metric_columns(metric.name)
    divisor = value.den
    if core.constant(divisor) is None:
        divisor = Core("column", (den,), *core.bounds(divisor))
    return Rational(Core("column", (num,), *core.bounds(value.num)), divisor, value.limit)


def _score(ruleset: Ruleset, forms: Forms) -> None:
    score = ruleset.score
    if score is None:
        return
    number = Type(Kind.NUMBER, Level.SUBJECT)
    for rule in _leaf_rules(score.items):
        value = _exact(forms, rule, forms.subject)
        _guarded(forms, rule.span, number, partial(points_value, value))
    weights = _weights_together(ruleset, score)
    running = Rational(
        Core("column", ("score.num",), 0, 100 * POINTS_GRID * weights),
        Core("column", ("score.den",), 1, POINTS_GRID * weights),
    )
    for name, formula in score.steps:
        names = {**forms.subject, "score": running}
        after = _renamed(quotients.as_rational(_exact(forms, formula, names)), f"after.{name}")
        held = quotients.held_between(after, 0, 100)
        for left, right in ((after, running), (held, after)):
            part = partial(quotients.difference_to_grid, left, right, POINTS_GRID)
            _guarded(forms, formula.span, number, part)
        running = after
    final = 10**score.places
    forms.subject["score"] = Rational(Core("column", ("score",), 0, 100 * final), whole(final))


def _renamed(value: Rational, name: str) -> Rational:
    num = Core("column", (f"{name}.num",), *core.bounds(value.num))
    if core.constant(value.den) is not None or value.den.op == "column":
        return Rational(num, value.den)
    return Rational(num, Core("column", (f"{name}.den",), *core.bounds(value.den)))


def _weights_together(ruleset: Ruleset, score: Score) -> int:
    """Return what the weights of the outermost items add up to, as whole numbers."""
    wholes = whole_weights(score.items)
    pooled = ruleset.pool.weights if ruleset.pool is not None else {}
    cores = [pooled.get(item.path, whole(wholes[item.path])) for item in score.items]
    return sum(core.bounds(weight)[1] for weight in cores)


def _leaf_rules(items: tuple[Item, ...]) -> list[Rule]:
    rules: list[Rule] = []
    for item in items:
        if item.points is not None:
            rules.append(item.points)
        if isinstance(item.empty, Formula) and item.empty not in rules:
            rules.append(item.empty)
        rules += _leaf_rules(item.children)
    return rules


def _pay(ruleset: Ruleset, forms: Forms) -> None:
    pay = ruleset.pay
    if pay is None:
        return
    total = 0
    for _, rule in pay.lines:
        total += _largest(_rounded(forms, rule, forms.subject))
    for _, formula in pay.steps:
        running = Rational(Core("column", ("pay",), -total, total), core.ONE)
        total = _largest(_rounded(forms, formula, {**forms.subject, "pay": running}))


def _rounded(forms: Forms, rule: Rule, names: Mapping[str, Value]) -> Value:
    value = quotients.as_rational(_exact(forms, rule, names))
    money = Type(Kind.MONEY, Level.SUBJECT)
    return _guarded(
        forms,
        rule.span,
        money,
        lambda: Rational(core.round_away(value.num, value.den), core.ONE),
    )


def _largest(value: Value) -> int:
    low, high = core.bounds(quotients.as_rational(value).num)
    return max(abs(low), abs(high))
