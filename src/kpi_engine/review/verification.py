"""Verification: a receipt run again, and all that is not as it was."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kpi_engine.execution.folders import (
    WrittenFleet,
    changed_result,
    read_results,
    read_written,
    whole_receipt,
)
from kpi_engine.execution.history import History
from kpi_engine.execution.inputs import Tables, TableSource
from kpi_engine.execution.receipts import versions
from kpi_engine.execution.results import HistoryReceipt, InputReceipt, Receipt, Results
from kpi_engine.execution.running import run
from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.review.differences import first_difference
from kpi_engine.ruleset.loading import load_ruleset
from kpi_engine.ruleset.params import missing_params
from kpi_engine.ruleset.parents import shipped_rulesets
from kpi_engine.text.diagnostics import Diagnostic, diagnose, has_errors
from kpi_engine.text.errors import DataError
from kpi_engine.text.reading import read_text
from kpi_engine.text.source import text_digest

Verdict = Literal["verified", "differs", "could_not_run"]

_RUN_AS_FRAME = "it was run as a frame, which has no hash"
_GIVEN_AS_FRAME = "it is given as a frame, which has no hash"


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a receipt leads to its result again.

    ``verified``: every layer and every file is the one of the receipt, and the run gave its hash.
    ``differs``: it could be run, and something is not as it was. ``result_hash`` is that of the new
    run, None where there was none. ``diagnostics`` hold every difference.
    """

    verdict: Verdict
    result_hash: str | None
    diagnostics: tuple[Diagnostic, ...]


def verify(
    out: str | Path, tables: Tables | None = None, history: History | None = None
) -> Verification:
    """Return whether running the receipt of a result again gives the result again.

    Layers and inputs are looked for where the receipt says. ``tables`` is the folder of the inputs
    where they have moved, or the tables by name, such as frames, of which a receipt keeps nothing;
    what is not named there is looked for where the receipt says. ``history`` are the earlier
    results where they have moved, or were given as they are.

    Raises:
        DataError: the folder holds no result, or one that was scored from facts.
    """
    written = read_written(out)
    if isinstance(written, WrittenFleet):
        raise DataError([diagnose("K664", folder=out, name=written.results.receipt["fleet"])])
    receipt = whole_receipt(written.results.receipt, out)
    if receipt["source"] == "facts":
        raise DataError([diagnose("K486")])
    changed = changed_result(written, out)
    findings = [changed] if changed is not None else []
    findings += other_versions(receipt["versions"])
    findings += _changed_layers(receipt)
    sources, found = find_tables(receipt["inputs"], tables)
    findings += found
    missing = len(sources.keys() & receipt["inputs"].keys()) < len(receipt["inputs"])
    if history is None and receipt["history"]:
        earlier = _earlier_results(receipt, findings)
        history, missing = earlier, missing or len(earlier) < len(receipt["history"])
    again = None if missing else _run_again(receipt, sources, history, findings)
    if again is None:
        return Verification("could_not_run", None, tuple(dict.fromkeys(findings)))
    findings += changed_history(receipt["history"], again.receipt["history"])
    digest = again.receipt["result_hash"]
    if digest != receipt["result_hash"]:
        differences = first_difference(written.results, again)
        expected = receipt["result_hash"]
        findings.append(diagnose("K485", found=digest, expected=expected, differences=differences))
    verdict: Verdict = "differs" if has_errors(findings) else "verified"
    return Verification(verdict, digest, tuple(dict.fromkeys(findings)))


def other_versions(then: Mapping[str, str]) -> Iterator[Diagnostic]:
    """Return a note on each version that is not the one of a receipt."""
    for name, found in versions().items():
        expected = then.get(name)
        if found != expected:
            yield diagnose("K484", name=name, found=found, expected=expected)


def _changed_layers(receipt: Receipt) -> Iterator[Diagnostic]:
    """Return the layers whose file is gone or holds another text."""
    for layer in receipt["layers"]:
        path = Path(layer["path"])
        if not path.is_file():
            path = shipped_rulesets().parent / path
        text = read_text(path if path.is_file() else Path(layer["path"]), layer["path"])
        if isinstance(text, Diagnostic):
            yield text
            continue
        found, expected = text_digest(text), layer["sha256"]
        if found != expected:
            yield diagnose("K480", name=layer["path"], found=found, expected=expected)


def find_tables(
    inputs: Mapping[str, InputReceipt], tables: Tables | None
) -> tuple[dict[str, TableSource], list[Diagnostic]]:
    """Return the sources of the inputs, and what is missing or not as it was."""
    sources: dict[str, TableSource] = {}
    findings: list[Diagnostic] = []
    if isinstance(tables, str | Path) and not Path(tables).is_dir():
        return {}, [diagnose("K401", folder=tables)]
    if isinstance(tables, Mapping):
        sources |= tables
    for name, given in inputs.items():
        source: TableSource | Diagnostic
        if name in sources:
            source = sources[name]
        elif isinstance(tables, str | Path):
            source = _file_in(Path(tables), name, given)
        elif given["path"] is None:
            source = diagnose("K482", table=name)
        else:
            source = Path(given["path"])
        if isinstance(source, Diagnostic):
            findings.append(source)
            continue
        sources[name] = source
        findings += _changed_input(name, given, source)
    return sources, findings


def _file_in(folder: Path, table: str, given: InputReceipt) -> Path | Diagnostic:
    file = given["file"]
    names = [file] if file is not None else [f"{table}.parquet", f"{table}.csv"]
    found = next((folder / name for name in names if (folder / name).is_file()), None)
    if found is None:
        return diagnose("K487", table=table, names="` or `".join(names), folder=folder)
    return found


def _changed_input(table: str, given: InputReceipt, source: TableSource) -> list[Diagnostic]:
    if given["sha256"] is None:
        return [diagnose("K483", table=table, reason=_RUN_AS_FRAME)]
    if not isinstance(source, str | Path):
        return [diagnose("K483", table=table, reason=_GIVEN_AS_FRAME)]
    try:
        with Path(source).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return []  # the run says so
    if found == given["sha256"]:
        return []
    return [diagnose("K481", table=table, file=source, found=found, expected=given["sha256"])]


def changed_history(then: list[HistoryReceipt], now: list[HistoryReceipt]) -> Iterator[Diagnostic]:
    """Return the months whose earlier result is not the one that was read, or is there no more."""
    found = {each["period"]: each["result_hash"] for each in now}
    for each in then:
        period, expected = each["period"], each["result_hash"]
        if found.get(period, "none") != expected:
            digest = found.get(period) or "none"
            yield diagnose("K489", period=period, found=digest, expected=expected or "none")


def _earlier_results(receipt: Receipt, findings: list[Diagnostic]) -> list[Results]:
    """Return the earlier results that a receipt names; why some cannot be joins the findings."""
    earlier: list[Results] = []
    for each in receipt["history"]:
        if each["path"] is None:
            findings.append(diagnose("K499", period=each["period"]))
            continue
        try:
            earlier.append(read_results(each["path"]))
        except DataError as error:
            findings += error.diagnostics
    return earlier


def _run_again(
    receipt: Receipt,
    sources: Mapping[str, TableSource],
    history: History | None,
    findings: list[Diagnostic],
) -> Results | None:
    """Return what a receipt gives now; None, and why among the findings, where nothing."""
    ruleset, found = load_ruleset(receipt["layers"][0]["path"], receipt["params"])
    if ruleset is None:
        findings += [finding for finding in found if finding.severity == "error"]
        return None
    missing = missing_params(ruleset)
    if missing:
        findings += missing
        return None
    now = [layer.path for layer in ruleset.layers]
    then = [layer["path"] for layer in receipt["layers"]]
    if now != then and not has_errors(findings):
        findings.append(diagnose("K488", found="`, `".join(now), expected="`, `".join(then)))
    try:
        plan = compile_ruleset(ruleset)
        period, as_of = receipt["period"], receipt["as_of"]
        return run(plan, sources, period=period, as_of=as_of, history=history)
    except DataError as error:
        findings += error.diagnostics
        return None
