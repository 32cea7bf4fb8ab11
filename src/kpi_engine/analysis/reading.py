"""What a ruleset reads: metrics, and params by way of metrics and scales."""

from collections.abc import Iterator

from kpi_engine.language import ir
from kpi_engine.ruleset.checked import Formula, Metric, ParamScale, Ruleset, ScaleUse
from kpi_engine.ruleset.rules import pay_rules, score_rules


def metrics_read(ruleset: Ruleset) -> frozenset[str]:
    """Return the names of the metrics that something else reads, of groups and last period too."""
    found: set[str] = set()
    for rule in (*score_rules(ruleset.score), *pay_rules(ruleset.pay)):
        found.update(_names(rule.node))
    for name, metric in ruleset.metrics.items():
        found.update(read for read in _read_by(metric) if read != name)
    return frozenset(found)


def _read_by(metric: Metric) -> Iterator[str]:
    yield from _names(metric.value.node)
    if metric.group is not None or isinstance(metric.value.node, ir.Previous):
        yield metric.name.partition(".")[2]
    if metric.standing is not None:
        for preference in metric.standing.prefer:
            yield from _names(preference.formula.node)
    for formula in _formulas(metric):
        yield from _names(formula.node)


def _formulas(metric: Metric) -> tuple[Formula, ...]:
    return (metric.value.of,) if isinstance(metric.value, ScaleUse) else ()


def _names(node: ir.Node) -> Iterator[str]:
    return (ref.name for ref in ir.references(node) if ref.space == "metric")


def params_behind(node: ir.Node, ruleset: Ruleset, *, into_rows: bool = False) -> frozenset[str]:
    """Return the params that a formula about a subject hangs on, those behind its metrics too.

    What metrics gather from rows is looked into only where that is asked for.
    """
    found: set[str] = set()
    met: set[str] = set()
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, ir.Ref) and current.space == "param":
            found.add(current.name)
        if isinstance(current, ir.Ref) and current.space == "metric" and current.name not in met:
            met.add(current.name)
            metric = ruleset.metrics.get(current.name)
            if metric is not None and (into_rows or metric.table is None):
                waiting.append(metric.value.node)
        if isinstance(current, ir.Apply | ir.Slices) and isinstance(current.scale, str):
            found.add(current.scale)
            param = ruleset.params.get(current.scale)
            if param is not None and isinstance(param.value, ParamScale):
                waiting += ir.scale_values(param.value.scale)
        waiting += ir.children(current)
    return frozenset(found)
