"""Params: the named constants and scales of a ruleset, resolved before anything reads them."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace

from kpi_engine.language import ir
from kpi_engine.language.core import Value
from kpi_engine.language.exact import Environment, literal_value
from kpi_engine.language.functions import FUNCTIONS
from kpi_engine.language.kinds import ANY, Kind, Level, Type
from kpi_engine.language.scopes import ScaleSignature, Scope, Sight
from kpi_engine.ruleset.checked import Param, ParamScale, Pool, Ruleset
from kpi_engine.ruleset.document import RulesetDocument
from kpi_engine.ruleset.scales import BROKEN_SIGNATURE, UNLIMITED, Applied, read_scale
from kpi_engine.ruleset.sheet import BROKEN, Sheet, formula_at, key_span, report, span_of
from kpi_engine.text.diagnostics import Diagnostic, diagnose

REQUIRED = "required"
_DAY = Applied(Type(Kind.DATE, Level.ROW), UNLIMITED)


@dataclass(frozen=True, slots=True)
class CheckedParams:
    """The params, how formulas see the constants, and what the scales take and give."""

    params: Mapping[str, Param]
    refs: Mapping[str, ir.Ref]
    scales: Mapping[str, ScaleSignature]


def check_params(
    sheet: Sheet,
    document: RulesetDocument,
    known: CheckedParams | None = None,
    own: Container[str] = (),
) -> CheckedParams:
    """Return the params of a document, after noting every mistake.

    ``known`` are the params of a base without mistakes, which the document has as they are but for
    its ``own``: constants are taken, and where all constants are seen alike, scales.
    """
    params: dict[str, Param] = {}
    refs: dict[str, ir.Ref] = {}
    empty = Scope(Sight({}), document.currency)
    for name, text in document.params.items():
        path = ("params", name)
        if known is not None and name in known.refs and name not in own:
            params[name], refs[name] = known.params[name], known.refs[name]
            continue
        if name in FUNCTIONS:
            report(sheet, "K314", key_span(sheet, path), name=name)
        if isinstance(text, Mapping):
            continue
        span = span_of(sheet, path)
        if text == REQUIRED:
            params[name] = Param(name, None, span)
            refs[name] = ir.Ref("param", name, ANY)
            continue
        formula = formula_at(sheet, path, text, empty)
        if formula.node.type.level is not Level.CONSTANT or not isinstance(formula.node, ir.Lit):
            if formula.node is not BROKEN:
                report(sheet, "K312", span, name=name, found="a formula")
            formula = replace(formula, node=BROKEN)
        params[name] = Param(name, formula, span)
        refs[name] = ir.Ref("param", name, formula.node.type)
    signatures: dict[str, ScaleSignature] = {}
    constants = Scope(Sight(refs), document.currency)
    scales = known.scales if known is not None and known.refs == refs else {}
    for name, cases in document.params.items():
        if isinstance(cases, str):
            continue
        if known is not None and name in scales and name not in own:
            params[name], signatures[name] = known.params[name], scales[name]
            continue
        path = ("params", name)
        dated = "of" in cases
        written = {key: text for key, text in cases.items() if key not in {"of", "note"}}
        read = read_scale(sheet, path, written, constants, _DAY if dated else None)
        signature = read.signature if read is not None else BROKEN_SIGNATURE
        signatures[name] = replace(signature, dated=dated)
        if read is not None:
            scale = ParamScale(read.cases, read.scale, dated, span_of(sheet, path))
            params[name] = Param(name, scale, span_of(sheet, path))
    ordered = {name: params[name] for name in document.params if name in params}
    return CheckedParams(ordered, refs, signatures)


def missing_params(ruleset: Ruleset) -> list[Diagnostic]:
    """Return a refusal of every required param that still has no value."""
    return [
        diagnose("K316", param.span, name=name)
        for name, param in ruleset.params.items()
        if param.value is None
    ]


def constants_of(params: Mapping[str, Param], pool: Pool | None = None) -> Environment:
    """Return the constants and scales in force, in which no other name has a value.

    Where shops are computed together, those that differ are the columns of the ``pool``.
    """
    constants, scales = _constants_in_force(params), _scales_in_force(params)
    if pool is None:
        return Environment(_no_value, constants, scales)
    return Environment(_no_value, {**constants, **pool.params}, {**scales, **pool.scales})


def constants_over(constants: Environment, own: Mapping[str, Param]) -> Environment:
    """Return the constants and scales in force where some params are others."""
    above = {name: value for name, value in constants.params.items() if name not in own}
    scales = {name: scale for name, scale in constants.scales.items() if name not in own}
    made = {**above, **_constants_in_force(own)}, {**scales, **_scales_in_force(own)}
    return Environment(_no_value, *made)


def _no_value(ref: ir.Ref) -> Value:
    raise KeyError(ref.name)


def _constants_in_force(params: Mapping[str, Param]) -> dict[str, Value]:
    """Return the constants among the params by name."""
    found: dict[str, Value] = {}
    for name, param in params.items():
        value = param.value
        if value is not None and not isinstance(value, ParamScale):
            node = value.node
            if isinstance(node, ir.Lit) and node.type.kind is not Kind.ANY:
                found[name] = literal_value(node)
    return found


def _scales_in_force(params: Mapping[str, Param]) -> dict[str, ir.Scale]:
    """Return the scales among the params by name."""
    return {
        name: param.value.scale
        for name, param in params.items()
        if isinstance(param.value, ParamScale)
    }
