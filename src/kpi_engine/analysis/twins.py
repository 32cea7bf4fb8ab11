"""Metrics of different names and the same meaning: one of them is enough."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from kpi_engine.analysis.places import distance_of
from kpi_engine.language import ir
from kpi_engine.ruleset.checked import Metric, Ruleset
from kpi_engine.text.diagnostics import Diagnostic, diagnose, relate

_SYMMETRIC = frozenset({"add", "mul", "and", "or", "eq", "ne"})
_TURNED = {"gt": "lt", "ge": "le"}


def find_twins(ruleset: Ruleset, offered: Iterable[Metric] = ()) -> Iterator[Diagnostic]:
    """Return a finding for every metric that means what one before it means.

    ``offered`` are metrics of parents that the ruleset does not compute. A name for another metric
    is none of its own, and so is one for a column.
    """
    by_name = {metric.name: metric for metric in (*offered, *ruleset.metrics.values())}
    named = [m for m in by_name.values() if m.name.isidentifier() and not _is_alias(m)]
    first: dict[str, Metric] = {}
    for metric in sorted(named, key=lambda each: _place(each, ruleset)):
        twin = first.setdefault(_meaning(metric, by_name), metric)
        if twin is not metric:
            related = (relate("twin", twin.span, name=twin.name),)
            found = diagnose("K703", metric.span, name=metric.name, other=twin.name)
            yield replace(found, related=related)


def _place(metric: Metric, ruleset: Ruleset) -> tuple[int, int]:
    """Return a place in reading order, what parents say before what children do."""
    return -distance_of(metric.span, ruleset), metric.span.start


def _is_alias(metric: Metric) -> bool:
    return metric.table is None and isinstance(metric.value.node, ir.Ref | ir.Lit)


def _meaning(metric: Metric, by_name: Mapping[str, Metric]) -> str:
    """Return what a metric means, in words that are the same for those that mean the same."""
    where = metric.where.node if metric.where is not None else None
    rows = (metric.table, metric.clock, metric.key, metric.window, metric.latest, metric.min_rows)
    about = (metric.settles, metric.lower, metric.standing)
    meant = "" if where is None else _words(where, by_name)
    return f"{rows} {about} {meant} {_words(metric.value.node, by_name)}"


def _words(node: ir.Node, by_name: Mapping[str, Metric]) -> str:
    """Return what a formula means, whatever the order of equal parts and the names of aliases."""
    match node:
        case ir.Lit(value=value):
            return repr(value)
        case ir.Ref(space=space, name=name):
            return f"{space} {_led(name, by_name) if space == 'metric' else name}"
        case ir.Op(op=op, args=args):
            words = [_words(arg, by_name) for arg in args]
            if op in _TURNED:
                op, words = _TURNED[op], words[::-1]
            elif op in _SYMMETRIC:
                words.sort()
            return _call(op, words)
        case ir.Aggregate(function=function, args=args):
            return _call(f"gathered {function}", [_words(arg, by_name) for arg in args])
        case ir.Across(function=function, args=args, group=group):
            return _call(f"{group} {function}", [_words(arg, by_name) for arg in args])
        case ir.Apply(scale=scale, x=x):
            cases = scale if isinstance(scale, str) else _words_of_scale(scale, by_name)
            return _call(f"scale {cases}", [_words(x, by_name)])
        case ir.Slices(scale=scale, x=x):
            return _call(f"slices {scale}", [_words(x, by_name)])
        case ir.Previous(name=name):
            return f"previous {name}"


def _call(name: str, words: Iterable[str]) -> str:
    return f"{name}({', '.join(words)})"


def _words_of_scale(scale: ir.Scale, by_name: Mapping[str, Metric]) -> str:
    values = [_words(value, by_name) for value in ir.scale_values(scale)]
    match scale:
        case ir.Steps(lowest=lowest, steps=steps):
            bounds = [(step.bound, step.inclusive) for step in steps]
            return f"{bounds} {lowest is None} {values}"
        case ir.Ranges(ranges=ranges, otherwise=otherwise):
            return f"{[(band.low, band.high) for band in ranges]} {otherwise is None} {values}"
        case ir.Choice(options=options, otherwise=otherwise):
            return f"{[option for option, _ in options]} {otherwise is None} {values}"
        case ir.Line(points=points):
            return repr(points)


def _led(name: str, by_name: Mapping[str, Metric]) -> str:
    """Return the name of the metric that a name stands for in the end."""
    seen: set[str] = set()
    while name in by_name and name not in seen:
        seen.add(name)
        node = by_name[name].value.node
        if (
            by_name[name].table is not None
            or not isinstance(node, ir.Ref)
            or node.space != "metric"
        ):
            return name
        name = node.name
    return name
