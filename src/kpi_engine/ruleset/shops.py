"""Shops over a shared base: read and checked together, what they share once.

A shop that differs from its base in params and weights alone is checked against another such shop
whose formulas see the same: the kinds of its params decide how formulas are typed, their values do
not. What is left to check are its own params and weights. A shop that this does not let through is
checked in full, which tells what is wrong.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import ValidationError

from kpi_engine.language import ir
from kpi_engine.language.exact import Environment
from kpi_engine.language.scopes import ScaleSignature
from kpi_engine.ruleset.bounds import number_beyond, readers_of
from kpi_engine.ruleset.checked import Formula
from kpi_engine.ruleset.context import Context
from kpi_engine.ruleset.document import (
    DifferenceDocument,
    ItemDocument,
    OrderDocument,
    RulesetDocument,
    WeightDocument,
    words,
)
from kpi_engine.ruleset.forms import check_budget
from kpi_engine.ruleset.head import check_effective
from kpi_engine.ruleset.layers import Layers, Opened, read_layers
from kpi_engine.ruleset.loading import Loaded, load_merged
from kpi_engine.ruleset.merging import Merged, is_removal, merge
from kpi_engine.ruleset.metrics import params_about_rows
from kpi_engine.ruleset.params import CheckedParams, check_params, constants_of, constants_over
from kpi_engine.ruleset.pooling import NotPooledError, pool
from kpi_engine.ruleset.scoring import reweighed
from kpi_engine.ruleset.shape import read_document
from kpi_engine.ruleset.sheet import Sheet, lay_out
from kpi_engine.ruleset.structure import alike
from kpi_engine.text.diagnostics import Diagnostic, in_reading_order
from kpi_engine.text.located import Mapping as YamlMapping
from kpi_engine.text.located import Scalar
from kpi_engine.text.nodes import many_nodes
from kpi_engine.text.reading import read_text
from kpi_engine.text.source import Source

_Sight = tuple[Mapping[str, ir.Ref], Mapping[str, ScaleSignature], Mapping[str, str]]
"""How formulas see params, which decides how they are typed, and what is said of metrics' rows."""

Read = tuple[Layers | None, list[Diagnostic]]
"""The layers of a shop, or the diagnostics that prevent it."""

_HEAD = ("ruleset", "version", "title", "source", "note", "effective", "extends")
_AS_BEFORE = OrderDocument()
_SHOP = "shop"


@dataclass(frozen=True, slots=True)
class ShopText:
    """What says how a shop is assessed: a text, what of it is the shop's, and where it was read."""

    name: str
    source: Source
    root: YamlMapping | None
    path: Path | None


@dataclass(frozen=True, slots=True)
class _Model:
    """A shop that was checked in full: what came of it, and what a check of its own part finds.

    ``measured`` are the params that ratios are measured against.
    """

    loaded: Loaded
    sight: _Sight
    found: list[Diagnostic]
    measured: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Base:
    """Parents merged, as data, their params, and shops over them that were checked in full.

    ``about_rows`` is what metrics say of their rows, where it may be the name of a param.
    """

    merged: Merged
    sheet: Sheet
    document: RulesetDocument | None
    about_rows: frozenset[str]
    models: list[_Model] = field(default_factory=list)
    params: list[tuple[CheckedParams, Environment]] = field(default_factory=list)


@dataclass(slots=True)
class Shelf:
    """What shops that are read together share; ``read`` are the layers of some, by their names."""

    opened: Opened = field(default_factory=Opened)
    read: dict[str, Read] = field(default_factory=dict)
    bases: dict[int, _Base] = field(default_factory=dict)


def read_shop(name: str, file: Path) -> ShopText | Diagnostic:
    """Return the text of a shop's file, or why it cannot be read."""
    source = read_text(file, file.as_posix())
    return source if isinstance(source, Diagnostic) else ShopText(name, source, None, file)


@many_nodes()
def load_shops(shops: Iterable[ShopText], shelf: Shelf | None = None) -> dict[str, Loaded]:
    """Return the checked rulesets of shops by name, in their order; what they share is read once.

    What is found is what `load_ruleset` finds of each. On the ``shelf`` is what was read before.
    """
    shelf = Shelf() if shelf is None else shelf
    loaded = {shop.name: _load(shop, shelf) for shop in shops}
    for name in _too_wide(loaded):
        layers = loaded[name].layers
        if layers is not None:
            loaded[name] = load_merged(layers)
    return loaded


def _too_wide(loaded: Mapping[str, Loaded]) -> Iterator[str]:
    """Return the shops whose numbers may take too many digits, those of a structure tried at once.

    What the intervals of all shops together have room for, those of each one have.
    """
    untried = {
        name: each.ruleset
        for name, each in loaded.items()
        if each.ruleset is not None and not each.ruleset.forms
        if all(param.value is not None for param in each.ruleset.params.values())
    }
    for shops in alike(untried).values():
        try:
            pooled, _ = pool(_SHOP, shops)
            fits = not check_budget(pooled)[1]
        except NotPooledError:
            fits = False
        if not fits:
            yield from shops


def layers_of(shop: ShopText, shelf: Shelf) -> Read:
    """Return the layers of a shop, or the diagnostics that prevent it; they are read once."""
    known = shelf.read.get(shop.name)
    if known is None:
        known = read_layers(shop.source, shop.path, opened=shelf.opened, root=shop.root)
        shelf.read[shop.name] = known
    return known


def _load(shop: ShopText, shelf: Shelf) -> Loaded:
    layers, diagnostics = layers_of(shop, shelf)
    if layers is None:
        return Loaded(None, in_reading_order(diagnostics))
    if layers.above is None:
        return load_merged(layers)
    own = lay_out(layers.files[0])
    said = _difference(own, layers)
    base = _base_of(layers, shelf) if said is not None else None
    if said is None or base is None or base.document is None:
        return load_merged(layers)
    context = _laid_over(base, base.document, own, said, layers)
    if context is None:
        return load_merged(layers)
    sight = _sight(base, context)
    model = next((model for model in base.models if model.sight == sight), None)
    if model is None:
        loaded = load_merged(layers)
        _keep_model(base, context, loaded, layers)
        return loaded
    return _as_model(model, context, said, layers) or load_merged(layers)


def _sight(base: _Base, context: Context) -> _Sight:
    values = {name: context.params[name].value for name in base.about_rows & context.params.keys()}
    said = {name: value.text for name, value in values.items() if isinstance(value, Formula)}
    return context.param_refs, context.scales, said


def _keep_model(base: _Base, context: Context, loaded: Loaded, layers: Layers) -> None:
    """Keep a shop that was checked in full, unless something of its own was found in it."""
    own = layers.files[0].span.source
    if loaded.ruleset is not None and loaded.ruleset.score is not None:
        reweighed(context, loaded.ruleset.score)
    found = context.sheet.findings
    spans = [finding.span for finding in (*loaded.findings, *found)]
    spans += [end.span for finding in loaded.findings for end in finding.related]
    notes = {note.span for note in layers.notes}
    if all(span is None or span.source != own or span in notes for span in spans):
        ruleset = loaded.ruleset
        names = context.params.keys()
        measured = frozenset(readers_of(ruleset, names) if ruleset is not None else ())
        sight = _sight(base, context)
        base.models.append(_Model(loaded, sight, found, measured))


def _as_model(
    model: _Model, context: Context, said: DifferenceDocument, layers: Layers
) -> Loaded | None:
    """Return a shop whose formulas see what a model's see; None where its own part finds more."""
    known = model.loaded.ruleset
    score = None
    if known is not None and known.score is not None:
        score = reweighed(context, known.score)
    if context.sheet.findings != model.found:
        return None
    if any(number_beyond(context.params[name]) is not None for name in model.measured):
        return None
    notes = {note.span for note in model.loaded.layers.notes} if model.loaded.layers else set()
    shared = [finding for finding in model.loaded.findings if finding.span not in notes]
    findings = in_reading_order([*layers.notes, *shared])
    if known is None:
        return Loaded(None, findings, layers)
    ruleset = replace(
        known,
        name=said.ruleset,
        version=said.version,
        title=words(said.title),
        params=context.params,
        score=score,
        layers=layers.layers,
        notes=tuple(findings),
        forms={},
    )
    return Loaded(ruleset, findings, layers)


def _difference(own: Sheet, layers: Layers) -> DifferenceDocument | None:
    """Return what a file says that may differ from its base in params and weights alone."""
    removes = any(isinstance(n, Scalar) and is_removal(n) for n in own.node_by_path.values())
    if removes or len(layers.files) == 1:
        return None
    try:
        return DifferenceDocument.model_validate(own.data)
    except ValidationError:
        return None


def _base_of(layers: Layers, shelf: Shelf) -> _Base:
    files = layers.files
    merged = shelf.opened.merged[tuple(map(id, files[1:]))]
    known = shelf.bases.get(id(merged))
    if known is None:
        named = tuple(entry for entry in files[0].entries if entry.key.value == "ruleset")
        child = YamlMapping(named, files[0].span, files[0].flow)
        sheet = lay_out(merge(merged, child).root)
        document = read_document(sheet)
        about_rows = params_about_rows(document.metrics if document is not None else {})
        known = shelf.bases[id(merged)] = _Base(merged, sheet, document, about_rows)
    return known


def _laid_over(
    base: _Base,
    document: RulesetDocument,
    own: Sheet,
    said: DifferenceDocument,
    layers: Layers,
) -> Context | None:
    """Return a shop over its base, None where it says more than that values are others."""
    score = document.score
    if not said.params.keys() <= document.params.keys():
        return None
    if score is None and said.score != _AS_BEFORE:
        return None
    if score is not None:
        items = _weighed(score.items, said.score.items)
        if items is None:
            return None
        order = said.score.order or score.order
        score = score.model_copy(update={"items": items, "order": order})
    head = {name: getattr(said, name) for name in _HEAD}
    params = {**document.params, **said.params}
    whole = document.model_copy(update={**head, "params": params, "score": score})
    sheet = Sheet(
        base.sheet.data,
        {**base.sheet.node_by_path, **own.node_by_path},
        {**base.sheet.key_by_path, **own.key_by_path},
        tuple(layer.path for layer in layers.layers),
        base.merged.removed,
    )
    check_effective(sheet, whole.effective)
    above = _base_params(base)
    if above is None:
        checked = check_params(sheet, whole)
        constants = constants_of(checked.params)
    else:
        checked = check_params(sheet, whole, above[0], said.params)
        others = {name: checked.params[name] for name in said.params if name in checked.params}
        constants = constants_over(above[1], others)
    return Context(sheet, whole, checked.params, checked.refs, checked.scales, constants)


def _base_params(base: _Base) -> tuple[CheckedParams, Environment] | None:
    """Return the params of a base and their constants; of one with mistakes, none."""
    if not base.params and base.document is not None and not base.sheet.findings:
        checked = check_params(base.sheet, base.document)
        if not base.sheet.findings:
            base.params.append((checked, constants_of(checked.params)))
    return base.params[0] if base.params else None


def _weighed(
    items: Mapping[str, ItemDocument], said: Mapping[str, WeightDocument]
) -> dict[str, ItemDocument] | None:
    """Return items with the weights that are said of them, None where an item is not there."""
    made = dict(items)
    for name, own in said.items():
        item = items.get(name)
        if item is None or (own.items is not None and item.items is None):
            return None
        changes: dict[str, object] = {"weight": own.weight or item.weight}
        if own.items is not None:
            changes["items"] = _weighed(item.items or {}, own.items)
            if changes["items"] is None:
                return None
        made[name] = item.model_copy(update=changes)
    return made
