"""Fleets: many shops, each with a ruleset of its own, over shared bases.

A fleet is a folder of shop files, or a file that lists shops: a shop's file, what differs from a
base on the spot, a folder of files, or a table of params with a row for each shop.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kpi_engine.language.kinds import Kind
from kpi_engine.language.scopes import closest
from kpi_engine.ruleset.checked import Layer, Ruleset
from kpi_engine.ruleset.params import missing_params
from kpi_engine.ruleset.paramtables import read_param_table
from kpi_engine.ruleset.parents import candidates, near_parent, shown_path
from kpi_engine.ruleset.shops import ShopText, load_shops, read_shop
from kpi_engine.text.diagnostics import Diagnostic, diagnose, has_errors, in_reading_order
from kpi_engine.text.located import Entry, Scalar
from kpi_engine.text.located import Mapping as YamlMapping
from kpi_engine.text.nodes import many_nodes
from kpi_engine.text.reading import parse_yaml, read_text
from kpi_engine.text.source import Span, text_digest

FLEET_KEYS = ("fleet", "shop", "shops", "title", "source", "note")
SHOP_COLUMN = "shop_id"
"""The column that names a shop, unless a fleet says another."""

MOST_NAMES = 5
"""So many shops are named in a finding."""

_Listed = ShopText | tuple[str, Diagnostic]
"""A shop, or the name of one that cannot be read, and why."""

_OTHERS = "*"
_TEST = ".test.yaml"


@dataclass(frozen=True, slots=True)
class Fleet:
    """Shops by name, each with its checked ruleset.

    ``shop`` is the column that names a shop. ``broken`` are those whose rulesets cannot be used,
    each with what is wrong. ``file`` is what lists them, or ``folder`` holds their files.
    ``unlisted`` are mistakes of the list itself, for which shops may be missing. ``findings`` are
    all of these and those of all shops, what they share said once.
    """

    name: str
    shop: str
    file: Layer | None
    folder: str | None
    shops: Mapping[str, Ruleset]
    broken: Mapping[str, tuple[Diagnostic, ...]]
    unlisted: tuple[Diagnostic, ...]
    findings: tuple[Diagnostic, ...]


@many_nodes()
def load_fleet(path: Path) -> tuple[Fleet | None, list[Diagnostic]]:
    """Return the fleet of a file or a folder, None where nothing says which shops there are.

    A shop that cannot be used does not keep the others from being read. All findings are returned.
    """
    if path.is_dir():
        texts = _shops_of_folder(path)
        if not texts:
            return None, [diagnose("K650", name=path.as_posix())]
        return _loaded(path.name, SHOP_COLUMN, path, texts, [])
    text = read_text(path, path.as_posix())
    if isinstance(text, Diagnostic):
        return None, [text]
    root, findings = parse_yaml(text)
    if not isinstance(root, YamlMapping) or has_errors(findings):
        return None, findings
    listed = _read_list(root, path, findings)
    if listed is None:
        return None, in_reading_order(findings)
    name, shop, texts = listed
    return _loaded(name, shop, Layer(name, text.name, text_digest(text)), texts, findings)


def _loaded(
    name: str,
    shop: str,
    place: Layer | Path,
    texts: Sequence[_Listed],
    findings: list[Diagnostic],
) -> tuple[Fleet, list[Diagnostic]]:
    """Return the fleet of shops as far as they could be read."""
    unlisted = tuple(finding for finding in findings if finding.severity == "error")
    broken: dict[str, tuple[Diagnostic, ...]] = {}
    for text in texts:
        if not isinstance(text, ShopText):
            broken[text[0]] = (text[1],)
    rulesets: dict[str, Ruleset] = {}
    for each, loaded in load_shops([t for t in texts if isinstance(t, ShopText)]).items():
        found = list(loaded.findings)
        if loaded.ruleset is not None:
            found += _unusable(loaded.ruleset, shop)
        if loaded.ruleset is None or has_errors(found):
            broken[each] = tuple(in_reading_order(found))
        else:
            rulesets[each] = loaded.ruleset
        findings += found
    findings += [found for text in broken.values() for found in text]
    findings += _same_names(rulesets)
    every = in_reading_order(findings)
    names = [text.name if isinstance(text, ShopText) else text[0] for text in texts]
    ordered = {each: rulesets[each] for each in names if each in rulesets}
    file, folder = (None, place.as_posix()) if isinstance(place, Path) else (place, None)
    return Fleet(name, shop, file, folder, ordered, broken, unlisted, tuple(every)), every


def _same_names(rulesets: Mapping[str, Ruleset]) -> Iterator[Diagnostic]:
    """Return a warning for every name that paying rulesets of several shops bear."""
    shops_by_name: dict[str, list[str]] = {}
    for shop, ruleset in rulesets.items():
        if ruleset.pay is not None:
            shops_by_name.setdefault(ruleset.name, []).append(shop)
    for name, shops in shops_by_name.items():
        if len(shops) > 1:
            yield diagnose("K676", ruleset=name, names=named_shops(shops))


def named_shops(shops: Sequence[str]) -> str:
    """Return the first names of shops, and how many more there are."""
    more = len(shops) - MOST_NAMES
    return ", ".join(shops[:MOST_NAMES]) + (f" and {more:,} more" if more > 0 else "")


def _unusable(ruleset: Ruleset, shop: str) -> Iterator[Diagnostic]:
    """Return why a checked ruleset cannot be one of a fleet's."""
    yield from missing_params(ruleset)
    roster = ruleset.tables[ruleset.subject.table]
    named = shop in ruleset.subject.key and roster.types[shop].kind is Kind.TEXT
    if not named:
        key = ", ".join(ruleset.subject.key)
        yield diagnose("K651", roster.span, name=ruleset.name, shop=shop, key=key)


def _shops_of_folder(folder: Path) -> list[_Listed]:
    """Return the shops of a folder: every ruleset file in it, under its name without `.yaml`."""
    files = sorted(file for file in folder.glob("*.yaml") if not file.name.endswith(_TEST))
    return [_shop_of(file.stem, file) for file in files if not file.name.startswith(".")]


def _shop_of(name: str, file: Path) -> _Listed:
    text = read_shop(name, file)
    return (name, text) if isinstance(text, Diagnostic) else text


def _read_list(
    root: YamlMapping, path: Path, findings: list[Diagnostic]
) -> tuple[str, str, list[_Listed]] | None:
    """Return the name of a fleet, the column that names a shop, and the shops it lists."""
    entries = {entry.key.value: entry for entry in root.entries}
    for entry in root.entries:
        if entry.key.value not in FLEET_KEYS:
            near = closest(entry.key.value, set(FLEET_KEYS))
            findings.append(diagnose("K301", entry.key.span, key=entry.key.value, near=near))
    name, shop = (_text_of(entries.get(key), findings) for key in ("fleet", "shop"))
    listed = entries.get("shops")
    missing = (key for key in ("fleet", "shops") if key not in entries)
    findings.extend(diagnose("K302", root.span, key=key) for key in missing)
    if listed is None or name is None:
        return None
    if not isinstance(listed.value, YamlMapping):
        problem = "lines like `S001: shops/maple` were expected"
        findings.append(diagnose("K303", listed.value.span, key="shops", problem=problem))
        return None
    reading = _Reading(name, shop or SHOP_COLUMN, path, findings)
    texts: dict[str, _Listed] = {}
    for entry in listed.value.entries:
        for each, text in _listed(reading, entry):
            if each in texts:
                span = (
                    text.root.span if isinstance(text, ShopText) and text.root else entry.key.span
                )
                texts[each] = each, diagnose("K652", span, name=each)
            else:
                texts[each] = text
    if not texts:
        if not has_errors(findings):
            findings.append(diagnose("K650", listed.key.span, name=path.as_posix()))
        return None
    return name, reading.shop, list(texts.values())


@dataclass(frozen=True, slots=True)
class _Reading:
    """A fleet's file as it is read."""

    fleet: str
    shop: str
    path: Path
    findings: list[Diagnostic]


def _text_of(entry: Entry | None, findings: list[Diagnostic]) -> str | None:
    if entry is None:
        return None
    if isinstance(entry.value, Scalar) and entry.value.value:
        return entry.value.value
    problem = "a text was expected"
    findings.append(diagnose("K303", entry.value.span, key=entry.key.value, problem=problem))
    return None


def _listed(reading: _Reading, entry: Entry) -> Iterator[tuple[str, _Listed]]:
    """Return the shops that one line lists, by name."""
    name, value = entry.key.value, entry.value
    if isinstance(value, YamlMapping):
        params = next((e for e in value.entries if e.key.value == "params"), None)
        if params is not None and isinstance(params.value, Scalar):
            if name != _OTHERS:
                problem = "a table of params belongs to `'*'`, a shop has `name: value` lines"
                reading.findings.append(
                    diagnose("K303", params.value.span, key="params", problem=problem)
                )
                return
            yield from _from_table(reading, value, params.value)
            return
        if name == _OTHERS:
            problem = "of other shops a table was expected: `params: params_by_shop.csv`"
            reading.findings.append(diagnose("K303", value.span, key=name, problem=problem))
            return
        yield name, _on_the_spot(reading, entry.key, value)
        return
    if not isinstance(value, Scalar):
        problem = "a file or `{extends: …, params: …}` was expected"
        reading.findings.append(diagnose("K303", value.span, key=name, problem=problem))
        return
    if name == _OTHERS:
        yield from _from_folder(reading, value)
        return
    places = candidates(value.value.removesuffix(".yaml"), reading.fleet, reading.path)
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        near = near_parent(value.value, places)
        yield name, (name, diagnose("K653", value.span, name=value.value, near=near))
        return
    yield name, _shop_of(name, Path(shown_path(found)))


def _from_folder(reading: _Reading, value: Scalar) -> Iterator[tuple[str, _Listed]]:
    folder = reading.path.parent / value.value
    texts = _shops_of_folder(folder) if folder.is_dir() else []
    if not texts:
        reading.findings.append(diagnose("K654", value.span, name=value.value))
    for text in texts:
        yield (text.name if isinstance(text, ShopText) else text[0]), text


def _on_the_spot(reading: _Reading, key: Scalar, value: YamlMapping) -> ShopText:
    """Return a shop that a fleet's file says by itself: its ruleset bears the shop's name."""
    root = YamlMapping((_named(reading, key), *value.entries), value.span, value.flow)
    return ShopText(key.value, key.span.source, root, reading.path)


def _named(reading: _Reading, shop: Scalar) -> Entry:
    """Return what a shop's ruleset is called that has no file of its own."""
    said = _said(f"{reading.fleet}/{shop.value}", shop.span)
    return Entry(_said("ruleset", shop.span), said)


def _said(text: str, span: Span) -> Scalar:
    return Scalar(text, "plain", span)


def _from_table(
    reading: _Reading, value: YamlMapping, file: Scalar
) -> Iterator[tuple[str, _Listed]]:
    """Return the shops of a table: a row each, and a column for every param it sets."""
    path = reading.path.parent / file.value
    rows = read_param_table(path, shown_path(path), reading.shop)
    if isinstance(rows, Diagnostic):
        reading.findings.append(rows if rows.span is not None else replace(rows, span=file.span))
        return
    if isinstance(rows, str):
        reading.findings.append(diagnose("K655", file.span, name=file.value, reason=rows))
        return
    others = tuple(entry for entry in value.entries if entry.key.value != "params")
    for row in rows:
        cells = dict(row.cells)
        shop = cells.pop(reading.shop, None)
        if not isinstance(shop, Scalar) or not shop.value:
            reading.findings.append(diagnose("K656", row.span, shop=reading.shop))
            continue
        if row.mistake is not None:
            yield shop.value, (shop.value, row.mistake)
            continue
        entries = tuple(
            Entry(_said(name, row.heads[name]), cell)
            for name, cell in cells.items()
            if not isinstance(cell, Scalar) or cell.value
        )
        params = Entry(_said("params", row.span), YamlMapping(entries, row.span, flow=True))
        root = YamlMapping((_named(reading, shop), *others, params), row.span, flow=True)
        yield shop.value, ShopText(shop.value, row.span.source, root, reading.path)
