"""From files to a checked ruleset: the layers read, everything checked, every mistake reported."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from kpi_engine.language import ir
from kpi_engine.language.currencies import MINOR_DIGITS
from kpi_engine.language.kinds import Kind, Level, Type, as_known
from kpi_engine.language.scopes import Prefix, closest, narrowed
from kpi_engine.ruleset.bounds import find_wide_bounds
from kpi_engine.ruleset.checked import (
    PAY,
    SCORE,
    Formula,
    Group,
    MetricForm,
    Ruleset,
    Score,
    Subject,
    Table,
)
from kpi_engine.ruleset.columns import columns_exist
from kpi_engine.ruleset.context import SCORE_DOMAIN, Context, condition_at, scope_of, subject_level
from kpi_engine.ruleset.document import RulesetDocument, words
from kpi_engine.ruleset.forms import check_budget
from kpi_engine.ruleset.given import find_unknown_params, with_params
from kpi_engine.ruleset.groups import PREVIOUS, check_groups, signatures_of
from kpi_engine.ruleset.head import check_head, minutes_of
from kpi_engine.ruleset.known import Known, names_of_lower
from kpi_engine.ruleset.layers import Layers, Locks, merged_of, read_layers
from kpi_engine.ruleset.mentions import metric_order, rule_texts
from kpi_engine.ruleset.merging import Merged
from kpi_engine.ruleset.metrics import check_metric, know_across
from kpi_engine.ruleset.needs import needed_metrics
from kpi_engine.ruleset.origins import (
    find_strays,
    find_unread,
    find_unread_figures,
    with_other_ends,
)
from kpi_engine.ruleset.params import check_params, constants_of
from kpi_engine.ruleset.paying import check_pay
from kpi_engine.ruleset.rules import pay_rules, score_rules
from kpi_engine.ruleset.scoring import check_score, score_mentions
from kpi_engine.ruleset.shape import read_document
from kpi_engine.ruleset.sheet import Path as PathInFile
from kpi_engine.ruleset.sheet import (
    Sheet,
    distance,
    key_span,
    lay_out,
    report,
    span_of,
)
from kpi_engine.ruleset.sights import (
    row_sight,
    subject_sight,
    subject_types,
    tables_read,
    with_anything,
)
from kpi_engine.ruleset.tables import check_tables
from kpi_engine.text.diagnostics import Diagnostic, diagnose, has_errors, in_reading_order
from kpi_engine.text.nodes import many_nodes
from kpi_engine.text.reading import read_text
from kpi_engine.text.source import Source


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a file: the ruleset, None with an error, its layers as far as they were read.

    ``sheet`` is the merged tree by path.
    """

    ruleset: Ruleset | None
    findings: list[Diagnostic]
    layers: Layers | None = None
    sheet: Sheet | None = None


def read_files(loaded: Loaded) -> tuple[Path, ...] | None:
    """Return the files that a ruleset is made from, None where not all of them were read."""
    if loaded.layers is None:
        return None
    return tuple(path for path in loaded.layers.paths if path is not None)


def load_ruleset(
    path: Path | str, params: Mapping[str, str] | None = None
) -> tuple[Ruleset | None, list[Diagnostic]]:
    """Return the checked ruleset of a file and its findings; None where one of them is an error.

    ``params`` replace params of the ruleset, written as in a ruleset.
    """
    loaded = load_layered(path, params)
    return loaded.ruleset, loaded.findings


def load_layered(
    path: Path | str, params: Mapping[str, str] | None = None, locks: Locks = "held"
) -> Loaded:
    """Return the checked ruleset of a file with the layers it was merged from."""
    path = Path(path)
    text = read_text(path, path.as_posix())
    if isinstance(text, Diagnostic):
        return Loaded(None, [text])
    return _load(text, path, params or {}, locks)


def load_ruleset_text(
    text: str, name: str = "<text>", params: Mapping[str, str] | None = None
) -> tuple[Ruleset | None, list[Diagnostic]]:
    """Return the checked ruleset of a text; its parents are looked for among the shipped ones."""
    loaded = _load(Source(name, text), None, params or {})
    return loaded.ruleset, loaded.findings


def load_layered_text(text: str, path: Path) -> Loaded:
    """Return the checked ruleset of the text that a file is to hold."""
    return _load(Source(path.as_posix(), text), path, {})


@many_nodes()
def _load(
    source: Source, path: Path | None, params: Mapping[str, str], locks: Locks = "held"
) -> Loaded:
    layers, diagnostics = read_layers(source, path, locks)
    if layers is None:
        return Loaded(None, in_reading_order(diagnostics))
    return load_merged(layers, params)


def load_merged(layers: Layers, params: Mapping[str, str] = MappingProxyType({})) -> Loaded:
    """Return the checked ruleset of layers that were read."""
    merged = merged_of(layers)
    files = tuple(layer.path for layer in layers.layers)
    sheet = lay_out(with_params(merged.root, params), files, merged.removed)
    sheet.findings.extend(layers.notes)
    find_unknown_params(sheet, merged.root, params)
    find_strays(sheet, layers, merged)
    ruleset = _check(sheet, layers, params, merged)
    find_unread(sheet, layers)
    find_unread_figures(sheet, layers)
    findings = in_reading_order(with_other_ends(sheet.findings, sheet, merged))
    return Loaded(None if has_errors(findings) else ruleset, findings, layers, sheet)


def _check(
    sheet: Sheet, layers: Layers, given: Mapping[str, str], merged: Merged
) -> Ruleset | None:
    document = read_document(sheet)
    if document is None or not check_head(sheet, document):
        return None
    checked = check_params(sheet, document)
    params = checked.params
    context = Context(sheet, document, params, checked.refs, checked.scales, constants_of(params))
    tables = check_tables(context)
    found = _check_subject(context, tables)
    if found is None:
        return None
    subject, roster = found
    groups = check_groups(context, subject, roster, tables)
    known = _know_rows(context, tables, roster, groups, subject)
    _check_clashes(context, tables, roster)
    score: Score | None = None
    order = metric_order(context, score_mentions(document.score))
    _stand_in(known, {*document.metrics, *([SCORE] if document.score else [])} - set(order))
    if document.score is None and SCORE not in {*known.refs, *document.metrics}:
        _know_score(known)
    for name in order:
        if name == SCORE and document.score is not None and SCORE not in document.metrics:
            score = check_score(context, known)
            know_across(context, known, score_rules(score), tables)
            _know_score(known)
        elif check_metric(context, name, tables, subject, known) is None:
            _stand_in(known, {name})
    _forget_score(sheet, known, document)
    pay = check_pay(context, known)
    know_across(context, known, pay_rules(pay), tables)
    metrics = known.metrics
    if known.after_score.issuperset(document.metrics) and not (document.score or document.pay):
        report(sheet, "K399", key_span(sheet, ("ruleset",)))
    if has_errors(sheet.findings):
        return None
    wanted = needed_metrics(metrics, score, pay, _mentioned_metrics(sheet, layers))
    for metric in wanted:
        sheet.findings.extend(known.strangers.get(metric.name, []))
    if has_errors(sheet.findings):
        return None
    ordered = sorted(wanted, key=lambda metric: metric.after_score)
    ruleset = Ruleset(
        name=document.ruleset,
        version=document.version,
        title=words(document.title),
        zone=document.zone,
        day_starts=minutes_of(document.day_starts) or 0,
        currency=document.currency,
        minor_digits=MINOR_DIGITS[document.currency],
        subject=subject,
        params=params,
        given=dict(given),
        groups=groups,
        tables=tables,
        metrics={metric.name: metric for metric in ordered},
        score=score,
        pay=pay,
        layers=layers.layers,
        notes=(),
        forms={},
    )
    sheet.findings.extend(find_wide_bounds(ruleset))
    forms: dict[str, MetricForm] = {}
    if not _waits(ruleset):
        forms, too_wide = check_budget(ruleset)
        sheet.findings.extend(too_wide)
    notes = tuple(in_reading_order(with_other_ends(sheet.findings, sheet, merged)))
    return replace(ruleset, notes=notes, forms=forms)


def _mentioned_metrics(sheet: Sheet, layers: Layers) -> frozenset[str]:
    """Return the metrics of which the files that assess say anything."""
    return frozenset(
        str(path[1])
        for path, node in sheet.node_by_path.items()
        if len(path) > 1 and path[0] == "metrics" and node.span.source in layers.assessing
    )


def _waits(ruleset: Ruleset) -> bool:
    """Return whether a required param is still missing, so that not everything is typed."""
    return any(param.value is None for param in ruleset.params.values())


def _stand_in(known: Known, names: set[str]) -> None:
    """Let names whose mistake is reported already be read without a further one."""
    for name in names:
        known.refs.setdefault(name, ir.Ref("metric", name, Type(Kind.ANY, Level.SUBJECT)))


def _know_rows(
    context: Context,
    tables: Mapping[str, Table],
    roster: Mapping[str, Type],
    groups: Mapping[str, Group],
    who: Subject,
) -> Known:
    """Return what metrics see to begin with: roster, params, and the rows of every table."""
    refs = {name: _roster_ref(name, type_) for name, type_ in roster.items()}
    read: dict[str, list[str]] = {name: [] for name in tables}
    for metric in context.document.metrics.values():
        texts = [*rule_texts(metric.value), metric.where or "", metric.whose or ""]
        read.setdefault(metric.from_ or "", []).extend(texts)
    subject = subject_sight({}, subject_types(roster), tables, frozenset(tables))
    subject = with_anything(subject, context.unmade, Level.SUBJECT)
    rows = {
        name: row_sight(context, table.types, tables, tables_read(read[name]))
        for name, table in tables.items()
    }
    elsewhere: dict[str, dict[str, ir.Ref]] = {name: {} for name in groups}
    elsewhere[PREVIOUS] = {
        total: ir.Ref("metric", f"{PREVIOUS}.{total}", Type(kind, Level.SUBJECT, nullable=True))
        for total, kind, document in (
            (SCORE, Kind.NUMBER, context.document.score),
            (PAY, Kind.MONEY, context.document.pay),
        )
        if document is not None
    }
    prefixes = {name: Prefix(names) for name, names in elsewhere.items()}
    return Known(
        {**context.param_refs, **refs},
        {**subject.prefixes, **prefixes},
        rows,
        groups,
        signatures_of(groups, who),
        elsewhere,
        lower=set(names_of_lower(tables)),
    )


def _roster_ref(name: str, type_: Type) -> ir.Ref:
    return ir.Ref("roster", name, subject_level(type_))


def _know_score(known: Known) -> None:
    known.refs[SCORE] = ir.Ref("metric", SCORE, Type(Kind.NUMBER, Level.SUBJECT, nullable=True))
    known.domains[SCORE] = SCORE_DOMAIN
    known.after_score.add(SCORE)


def _forget_score(sheet: Sheet, known: Known, document: RulesetDocument) -> None:
    """Let the pay see no score where there is none, and note the metrics that read it.

    They are mistakes where they are computed. On a file without score and pay they wait for those
    that extend it and have a score, which is told at the file that says them.
    """
    if document.score is not None or SCORE not in known.after_score:
        return
    del known.refs[SCORE]
    for name in known.metrics:
        if name in known.after_score and name in document.metrics:
            place = key_span(sheet, ("metrics", name))
            stranger = diagnose("K271", place, name=name, ruleset=document.ruleset)
            known.strangers.setdefault(name, []).append(stranger)
            if document.pay is None and distance(sheet, place) == 0:
                report(sheet, "K272", place, name=name)


def _check_subject(
    context: Context, tables: Mapping[str, Table]
) -> tuple[Subject, dict[str, Type]] | None:
    """Return the subject and the roster's columns as formulas about a subject see them.

    None where there is no roster: what formulas about subjects see is not known then.
    """
    document, sheet = context.document.subject, context.sheet
    for key in ("from", "key"):
        if ("subject", key) not in sheet.node_by_path:
            report(sheet, "K302", key_span(sheet, ("subject",)), key=key)
    name, keys = document.from_ or "", tuple(document.key or ())
    table = tables.get(name)
    if table is None:
        if name and name not in context.document.tables:
            near = closest(name, set(context.document.tables))
            report(sheet, "K350", span_of(sheet, ("subject", "from")), name=name, near=near)
        return None
    if table.origin is not None:
        report(sheet, "K365", span_of(sheet, ("subject", "from")), name=name)
        return None
    if not columns_exist(context, ("subject", "key"), list(keys), table.types, name):
        keys = tuple(dict.fromkeys(key for key in keys if key in table.types))
    for key in keys:
        if table.types[key].nullable:
            report(sheet, "K367", span_of(sheet, ("subject", "key")), name=key)
    where: Formula | None = None
    types = dict(table.types)
    if document.where is not None:
        sight = row_sight(context, table.types, tables, tables_read([document.where]))
        where = condition_at(
            context, ("subject", "where"), document.where, scope_of(context, sight)
        )
        for column in narrowed(where.tree) & set(types):
            types[column] = as_known(types[column])
    return Subject(name, keys, where), types


def _check_clashes(
    context: Context, tables: Mapping[str, Table], roster: Mapping[str, Type]
) -> None:
    """Note the names that could mean two things in one formula."""
    document = context.document
    clashes: list[tuple[str, PathInFile, str, str]] = []
    for name in document.metrics:
        path: PathInFile = ("metrics", name)
        if name in roster:
            clashes.append((name, path, "a metric", "a column of the roster"))
        if name in document.params:
            clashes.append((name, path, "a metric", "a param"))
    for name in document.params:
        owner = next((table.name for table in tables.values() if name in table.types), None)
        if owner is not None:
            clashes.append((name, ("params", name), "a param", f"a column of `{owner}`"))
    totals = ((SCORE, "the score", document.score), (PAY, "the pay", document.pay))
    for total, other, written in totals:
        for names, path, kind in (
            (document.metrics, ("metrics", total), "a metric"),
            (document.params, ("params", total), "a param"),
            (roster, ("tables", document.subject.from_ or ""), "a column of the roster"),
        ):
            if total in names and (written is not None or kind == "a metric"):
                clashes.append((total, path, kind, other))
    for name, path, kind, other in clashes:
        span = key_span(context.sheet, path)
        report(context.sheet, "K313", span, name=name, kind=kind, other=other)
