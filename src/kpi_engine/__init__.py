"""Customer-service KPI rules as a reviewed text file: events in, pay out, each cent explained.

    import kpi_engine as ke

    plan = ke.compile(ke.load("rulesets/taobao/presales.yaml"))
    results = ke.run(plan, "out/sample", period="2026-10")
    ke.explain(results, {"shop_id": "S001", "agent_id": "S001-A011"})

This is the whole public API, on one page: most of its length are docstrings whose examples run, and
every function hands over to its storey in a line or two. A plan is immutable: make it once, run it
for any period, from any thread. Numbers are exact; money is in minor units, durations are in
microseconds.
"""

# ruff: noqa: PLC0415 (what a function needs is loaded when it is called: with Polars, which it never
# uses, `kpi-engine check` would take half as long again)

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from kpi_engine.text.annotations import render_annotation
from kpi_engine.text.diagnostics import Diagnostic, Severity, diagnose
from kpi_engine.text.errors import DataError, KpiError, RulesetError
from kpi_engine.text.junit import render_junit
from kpi_engine.text.render import render_json, render_text
from kpi_engine.text.sarif import render_sarif

if TYPE_CHECKING:
    from datetime import date

    from kpi_engine.execution.closing import Closing
    from kpi_engine.execution.facts import Facts
    from kpi_engine.execution.fleetclosing import FleetClosing
    from kpi_engine.execution.fleetresults import FleetReceipt, FleetResults
    from kpi_engine.execution.handing import HandedFacts
    from kpi_engine.execution.history import FleetHistory, History
    from kpi_engine.execution.inputs import Tables, TableSource
    from kpi_engine.execution.ledger import LedgerEntries
    from kpi_engine.execution.results import Receipt, Results
    from kpi_engine.plan.fleets import FleetPlan
    from kpi_engine.plan.nodes import Plan
    from kpi_engine.plan.ranges import Engine
    from kpi_engine.review.cases import CaseReport, CaseResult
    from kpi_engine.review.checks import CheckReport
    from kpi_engine.review.comparison import RuleChange, Side
    from kpi_engine.review.corrections import CorrectedFile
    from kpi_engine.review.coverage import FileCoverage, MissedPoint
    from kpi_engine.review.deltas import Diff
    from kpi_engine.review.effective import Effective, EffectiveValue, Said
    from kpi_engine.review.effects import AmountChange, Effect, PartChange, SubjectEffect, Turn
    from kpi_engine.review.evidence import Evidence, MetricEvidence
    from kpi_engine.review.explained import Explanation, PayShown, RuleText, ScoreShown
    from kpi_engine.review.formatting import FormatReport, FormattedFile
    from kpi_engine.review.generation import GeneratedCases
    from kpi_engine.review.listing import RulesetSummary
    from kpi_engine.review.locking import Change, Locking
    from kpi_engine.review.mutation import MutatedRuleset, MutationReport, TriedMutant
    from kpi_engine.review.verification import Verification
    from kpi_engine.ruleset.checked import Ruleset
    from kpi_engine.ruleset.fleets import Fleet
    from kpi_engine.sample.writing import SampleSummary

    __version__: str

_HOME_BY_TYPE: Final = {
    "AmountChange": "kpi_engine.review.effects",
    "CaseReport": "kpi_engine.review.cases",
    "CaseResult": "kpi_engine.review.cases",
    "Change": "kpi_engine.review.locking",
    "CheckReport": "kpi_engine.review.checks",
    "Closing": "kpi_engine.execution.closing",
    "CorrectedFile": "kpi_engine.review.corrections",
    "Diff": "kpi_engine.review.deltas",
    "Effect": "kpi_engine.review.effects",
    "Effective": "kpi_engine.review.effective",
    "EffectiveValue": "kpi_engine.review.effective",
    "Evidence": "kpi_engine.review.evidence",
    "Explanation": "kpi_engine.review.explained",
    "Facts": "kpi_engine.execution.facts",
    "FileCoverage": "kpi_engine.review.coverage",
    "Fleet": "kpi_engine.ruleset.fleets",
    "FleetClosing": "kpi_engine.execution.fleetclosing",
    "FleetHistory": "kpi_engine.execution.history",
    "FleetPlan": "kpi_engine.plan.fleets",
    "FleetReceipt": "kpi_engine.execution.fleetresults",
    "FleetResults": "kpi_engine.execution.fleetresults",
    "FormatReport": "kpi_engine.review.formatting",
    "FormattedFile": "kpi_engine.review.formatting",
    "GeneratedCases": "kpi_engine.review.generation",
    "HandedFacts": "kpi_engine.execution.handing",
    "History": "kpi_engine.execution.history",
    "LedgerEntries": "kpi_engine.execution.ledger",
    "Locking": "kpi_engine.review.locking",
    "MetricEvidence": "kpi_engine.review.evidence",
    "MissedPoint": "kpi_engine.review.coverage",
    "MutatedRuleset": "kpi_engine.review.mutation",
    "MutationReport": "kpi_engine.review.mutation",
    "PartChange": "kpi_engine.review.effects",
    "PayShown": "kpi_engine.review.explained",
    "Plan": "kpi_engine.plan.nodes",
    "Receipt": "kpi_engine.execution.results",
    "Results": "kpi_engine.execution.results",
    "RuleChange": "kpi_engine.review.comparison",
    "RuleText": "kpi_engine.review.explained",
    "Ruleset": "kpi_engine.ruleset.checked",
    "RulesetSummary": "kpi_engine.review.listing",
    "Said": "kpi_engine.review.effective",
    "SampleSummary": "kpi_engine.sample.writing",
    "ScoreShown": "kpi_engine.review.explained",
    "Side": "kpi_engine.review.comparison",
    "SubjectEffect": "kpi_engine.review.effects",
    "TableSource": "kpi_engine.execution.inputs",
    "Tables": "kpi_engine.execution.inputs",
    "TriedMutant": "kpi_engine.review.mutation",
    "Turn": "kpi_engine.review.effects",
    "Verification": "kpi_engine.review.verification",
}


def __getattr__(name: str) -> object:
    if name == "__version__":
        return _own_version()
    home = _HOME_BY_TYPE.get(name)
    if home is None:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    return getattr(import_module(home), name)


def _own_version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("kpi-engine")
    except PackageNotFoundError:  # run from the source tree, not installed
        return "0+source"


def check(
    *paths: str | Path,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    changed_since: str | None = None,
) -> CheckReport:
    """Return every finding in ruleset files, ruleset tests, and folders and patterns of them.

    Of a folder, and of a pattern such as ``shops/**/*.yaml``, every file is checked that says
    `ruleset` or `test` at its top level. Findings are in reading order; finding nothing to check is
    one of them. Tests are read, not run.

    ``select`` and ``ignore`` are codes or beginnings of codes such as ``K6``; warnings and notes
    alone can be ignored. ``changed_since`` is a revision of git: what no change since it touches is
    left out.

    Raises:
        DataError: a code stands for none, or one to be ignored for errors alone; what has changed
            cannot be told.

    >>> [finding.code for finding in check("no/such/ruleset.yaml").diagnostics]
    ['K101']
    """
    from kpi_engine.review.checks import check_files

    return check_files((Path(path) for path in paths), select, ignore, changed_since)


def format_files(*paths: str | Path, write: bool = True) -> FormatReport:
    """Return what became of rulesets, tests and fleets that were brought into their one layout.

    Files are chosen as by `check`. Values and comments stay what they are; a file that cannot be
    read is left as it is, and so is one that would not say the same, with a finding. Without
    ``write`` all are.

    Raises:
        DataError: a file cannot be written.

    >>> [finding.code for finding in format_files("no/such/ruleset.yaml").diagnostics]
    ['K101']
    """
    from kpi_engine.review.formatting import format_files as formatted

    return formatted((Path(path) for path in paths), write=write)


def format_text(text: str, name: str = "ruleset.yaml") -> str:
    r"""Return the text of a ruleset, a test or a fleet in its one layout.

    ``name`` is what diagnostics call it.

    Raises:
        RulesetError: it cannot be read, or would not say the same.

    >>> print(format_text("ruleset: 'shop'\nextends: base # ours\nparams: {rate: '1%'}"))
    ruleset: shop
    extends: base  # ours
    <BLANKLINE>
    params:
      rate: 1%
    <BLANKLINE>
    """
    from kpi_engine.review.formatting import format_text as formatted

    return formatted(text, name)


def json_schema(kind: Literal["ruleset", "test"] = "ruleset") -> dict[str, Any]:
    """Return the JSON Schema (draft 7) of ruleset files or of ruleset tests, for editors.

    It knows which keys stand where; what they mean, `check` alone can tell.

    >>> sorted(json_schema("test")["properties"])[:4]
    ['as_of', 'cases', 'given', 'note']
    """
    if kind == "test":
        from kpi_engine.review.casefile_schema import casefile_schema

        return casefile_schema()
    from kpi_engine.ruleset.schema import ruleset_schema

    return ruleset_schema()


def describe_code(code: str) -> str:
    """Return the page of a finding's code: what it means, an example, what to write instead.

    Raises:
        DataError: there is no such code; the error suggests the closest.

    >>> describe_code("K220").splitlines()[0]
    '# K220: unknown name `…`'
    """
    from kpi_engine.text.pages import read_page

    return read_page(code)


def load(path: str | Path, params: Mapping[str, str] | None = None) -> Ruleset:
    """Return the checked ruleset of a file, its layers merged.

    ``params`` replace params of the ruleset, each written as in a ruleset: ``{"target": "30%"}``.
    Warnings and notes of the check are in the ruleset's ``notes``.

    Raises:
        RulesetError: the file cannot be used; the error holds every finding.

    >>> try:
    ...     load("no/such/ruleset.yaml")
    ... except RulesetError as error:
    ...     print(error.diagnostics[0].message)
    `no/such/ruleset.yaml` cannot be read: no such file or directory
    """
    from kpi_engine.ruleset.loading import load_ruleset

    ruleset, findings = load_ruleset(path, params)
    if ruleset is None:
        raise RulesetError(findings)
    return ruleset


def init_shop(name: str, extends: str, folder: str | Path = ".") -> Path:
    """Return the new file of a shop over a base, with the base's params as comments.

    The file is ``name`` with `.yaml` behind it, in a folder. Beside every param stand its meaning,
    its unit and what reads it.

    Raises:
        RulesetError: the base cannot be used.
        DataError: the name is none, or its file exists already or cannot be written.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = init_shop("maple/presales", "taobao/presales", folder)
    ...     load(file).name
    'maple/presales'
    """
    from kpi_engine.review.starting import start_shop

    return start_shop(name, extends, Path(folder))


def init_ruleset(name: str, folder: str | Path = ".") -> list[Path]:
    """Return the new files of a small ruleset and of its test, which passes.

    Raises:
        DataError: the name is none, or a file exists already or cannot be written.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     ruleset, test = init_ruleset("maple", folder)
    ...     run_cases(test).failed
    0
    """
    from kpi_engine.review.starting import start_ruleset

    return start_ruleset(name, Path(folder))


def lock(path: str | Path, *, update: bool = False, write: bool = True) -> Locking:
    r"""Return what became of the lock of a file's pinned base, `extends: taobao/presales@1`.

    The base and all its parents are copied into `.lock` beside the file that pins it, and from then
    on the copies are read. A lock that is there stays as it is without ``update``. Without
    ``write`` nothing is written; ``changes`` tell what would change of the values in force.

    Raises:
        RulesetError: the file or its base cannot be used, it pins none, or without ``update`` the
            base has changed since it was locked.
        DataError: the copies cannot be written.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     shop = Path(folder) / "maple.yaml"
    ...     _ = shop.write_text("ruleset: maple\nextends: taobao/presales@1\n")
    ...     locking = lock(shop)
    ...     again = lock(shop, update=True)
    >>> locking.standing, len(locking.files), again.standing, again.changes
    ('new', 4, 'unchanged', ())
    """
    from kpi_engine.review.locking import lock_base

    return lock_base(Path(path), update=update, write=write)


def show(path: str | Path, *parts: str) -> Effective:
    r"""Return what is in force in a ruleset file, its layers merged, and who said it.

    ``values`` are in canonical order, one for every value that is written, a scale or a list being
    one; those that were removed and the weights that nobody wrote are among them. With ``parts``
    they are those under them alone, such as `params` or `score.items`.

    Raises:
        RulesetError: the file cannot be used; the error holds every finding.
        DataError: nothing stands under one of the parts.

    >>> from tempfile import TemporaryDirectory
    >>> text = '''
    ... ruleset: example
    ... zone: UTC
    ... currency: CNY
    ... subject: {from: agents, key: agent_id}
    ... params: {allowance: 50 CNY}
    ... tables: {agents: {key: agent_id, columns: {agent_id: text, wage: money}}}
    ... pay: {lines: {base: wage, allowance: allowance}}
    ... '''
    >>> with TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "example.yaml").write_text(text, encoding="utf-8")
    ...     shop = Path(folder) / "maple.yaml"
    ...     _ = shop.write_text("ruleset: maple\nextends: example\nparams: {allowance: 80 CNY}")
    ...     (allowance,) = show(shop, "params.allowance").values
    >>> allowance.said.text, allowance.said.line, allowance.overrides[0].text
    ('80 CNY', 3, '50 CNY')
    """
    from kpi_engine.review.effective import collect_effective

    return collect_effective(Path(path), parts)


def diff(  # noqa: PLR0913 (all but the first two are given by name)
    old: str | Path,
    new: str | Path,
    *,
    tables: Tables | None = None,
    facts: Facts | str | Path | None = None,
    period: str | None = None,
    as_of: date | str | None = None,
    history: History | None = None,
    fail_if: str | None = None,
) -> Diff:
    r"""Return what a change of a ruleset does: what differs in meaning, and whose pay that moves.

    ``old`` and ``new`` are ruleset files; as ``git:REV:path`` a file, and its parents in the
    repository, as they were at a revision of git. ``changes`` are values that were added, removed
    or changed, each with the place on both sides: spacing, comments, the order of keys, the layer
    that says a value, and `0.70` for `70%` are no change.

    With ``tables`` or ``facts`` and a ``period``, as `run` and `score` take them, both are computed
    and ``effect`` tells for every subject who moves the score, the pay and its lines before and
    after, statuses and steps that flip, and the totals: differences of lines add up to those of
    subjects, and these to the total, exactly. Pay that is held back counts as nothing. Amounts are
    in minor units. ``exceeded`` says whether ``fail_if`` holds, such as
    ``total > 2% or any > 300 CNY``: ``>`` takes the size of a change, ``<`` a fall, ``any < -5%``.

    Raises:
        RulesetError: one of the files cannot be used; the error holds every finding.
        DataError: a revision, the tables or the facts cannot be read, the two assess by different
            keys or pay in different currencies, or the limit is not understood.

    >>> from tempfile import TemporaryDirectory
    >>> import polars as pl
    >>> text = '''
    ... ruleset: example
    ... zone: UTC
    ... currency: CNY
    ... subject: {from: agents, key: agent_id}
    ... params: {allowance: 50 CNY}
    ... tables: {agents: {key: agent_id, columns: {agent_id: text, wage: money}}}
    ... pay: {lines: {base: wage, allowance: allowance}}
    ... '''
    >>> agents = pl.DataFrame({"agent_id": ["A", "B"], "wage": ["2000.00", "1950.00"]})
    >>> with TemporaryDirectory() as folder:
    ...     old, new = Path(folder) / "old.yaml", Path(folder) / "new.yaml"
    ...     _ = old.write_text(text, encoding="utf-8")
    ...     _ = new.write_text(text.replace("50 CNY", "80.00 CNY"), encoding="utf-8")
    ...     found = diff(old, new, tables={"agents": agents}, period="2026-10", fail_if="any > 2%")
    >>> for change in found.changes:
    ...     print(change.path, change.before.text, change.after.text, change.after.line)
    ('params', 'allowance') 50 CNY 80.00 CNY 6
    >>> for each in found.effect.subjects:
    ...     print(each.subject, each.pay.before, each.pay.after, each.pay.change)
    {'agent_id': 'A'} 205000 208000 3000
    {'agent_id': 'B'} 200000 203000 3000
    >>> found.effect.pay.change, found.exceeded
    (6000, False)
    """
    from kpi_engine.review.deltas import Measured, diff_files

    if isinstance(facts, str):
        facts = Path(facts)
    given = tables is not None or facts is not None
    if given is not (period is not None):
        reason = "rows or facts, and their `period`, were expected together"
        raise DataError([diagnose("K644", reason=reason)])
    measured = None if period is None else Measured(tables, facts, period, as_of, history)
    return diff_files(old, new, measured, fail_if)


def list_rulesets(*paths: str | Path, needs: Iterable[str] = ()) -> tuple[RulesetSummary, ...]:
    """Return what each ruleset assesses, needs and weighs; without paths, of those shipped.

    Paths are files, folders and patterns of them. With ``needs`` they are those that read all of
    these input tables. What a summary says is computed from the checked ruleset: who is assessed,
    the tables it reads, its metrics, the weights in force as exact shares of the score, whether
    rows of days or of months decide it, and the rules of its pay. Rulesets that still require a
    param are among them; weights that wait for one are None.

    Raises:
        RulesetError: one of them cannot be used; the error holds every finding.
        DataError: there is no ruleset, or none of them reads one of the tables.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = init_ruleset("maple", folder)
    ...     (maple,) = list_rulesets(folder, needs=["ratings"])
    >>> maple.inputs, maple.metrics, maple.weights, maple.scored_from
    (('agents', 'ratings'), ('praise',), {'praise': Fraction(1, 1)}, ('events',))
    """
    from kpi_engine.review.listing import list_files

    return list_files((Path(path) for path in paths), needs)


def compile(ruleset: Ruleset) -> Plan:
    """Return the plan of a ruleset, which belongs to no data and no period.

    Raises:
        RulesetError: a param is still ``required``, all of them named.

    >>> from tempfile import TemporaryDirectory
    >>> text = '''
    ... ruleset: example
    ... zone: UTC
    ... currency: CNY
    ... subject: {from: agents, key: agent_id}
    ... tables: {agents: {key: agent_id, columns: {agent_id: text, wage: money}}}
    ... pay: {lines: {base: wage, allowance: 50 CNY}}
    ... '''
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "example.yaml"
    ...     _ = path.write_text(text, encoding="utf-8")
    ...     plan = compile(load(path))
    >>> dict(plan.inputs)
    {'agents': ('agent_id', 'wage')}
    """
    from kpi_engine.plan.compiling import compile_ruleset
    from kpi_engine.ruleset.params import missing_params

    missing = missing_params(ruleset)
    if missing:
        raise RulesetError(missing)
    return compile_ruleset(ruleset)


def describe_plan(plan: Plan) -> str:
    """Return a plan in words, for people: what is done in which order, by which key.

    Tables come in the order they are made, with the columns that are read of them; every match says
    whether it became an as-of join or a join by key.

    >>> from tempfile import TemporaryDirectory
    >>> text = '''
    ... ruleset: example
    ... zone: UTC
    ... currency: CNY
    ... subject: {from: agents, key: agent_id}
    ... tables: {agents: {key: agent_id, columns: {agent_id: text, wage: money}}}
    ... pay: {lines: {base: wage, allowance: 50 CNY}}
    ... '''
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "example.yaml"
    ...     _ = path.write_text(text, encoding="utf-8")
    ...     described = describe_plan(compile(load(path)))
    >>> described.splitlines()[0]
    'plan of example, days of UTC'
    """
    from kpi_engine.plan import description

    return description.describe_plan(plan)


def run(  # noqa: PLR0913 (all but the first two are given by name)
    plan: Plan,
    tables: Tables,
    *,
    period: str,
    as_of: date | str | None = None,
    history: History | None = None,
    engine: Engine = "auto",
    values: bool = False,
) -> Results:
    """Return the results of a plan over tables for one period, such as ``2026-10``.

    ``tables`` is the folder of the tables' files, or the tables by name: paths of Parquet or CSV
    files, Polars frames, objects with the Arrow PyCapsule interface. ``as_of`` is when the run
    looks at the data, a day or a time with a zone: rows recorded at or after it are not seen. It is
    the end of the period plus the longest time a metric takes to settle unless said otherwise; what
    has not settled by then is ``provisional``. ``history`` are earlier results, for formulas that
    read earlier months: a folder with the folders that `write_results` made, results, or a frame
    like ``subjects`` of several periods. Rows that break the contract of their table are in
    the results' ``rejects``, what was found there with ``values`` alone. Same rows, same results,
    whatever their order, the files' format or the engine.

    Raises:
        DataError: the run cannot start: a table or column is missing or of a wrong kind, a subject
            is on the roster twice, nobody is on it, no table has a row in the period.

    >>> from tempfile import TemporaryDirectory
    >>> import polars as pl
    >>> text = '''
    ... ruleset: example
    ... zone: UTC
    ... currency: CNY
    ... subject: {from: agents, key: agent_id}
    ... tables: {agents: {key: agent_id, columns: {agent_id: text, wage: money}}}
    ... pay: {lines: {base: wage, allowance: 50 CNY}}
    ... '''
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "example.yaml"
    ...     _ = path.write_text(text, encoding="utf-8")
    ...     plan = compile(load(path))
    >>> agents = pl.DataFrame({"agent_id": ["A", "B"], "wage": ["2000.00", "1800.50"]})
    >>> run(plan, {"agents": agents}, period="2026-10").subjects["pay"].to_list()
    [205000, 185050]
    """
    from kpi_engine.execution import running

    return running.run(
        plan, tables, period=period, as_of=as_of, history=history, engine=engine, values=values
    )


def is_fleet(path: str | Path) -> bool:
    """Return whether a path is of a fleet: a folder, or a file that says `fleet` at its top level.

    >>> is_fleet(".")
    True
    """
    from kpi_engine.review.files import kind_of

    path = Path(path)
    return path.is_dir() or (path.is_file() and kind_of(path) == "fleet")


def load_fleet(path: str | Path) -> Fleet:
    """Return the shops of a fleet's file, or of a folder of shop files, with their rulesets.

    A shop whose ruleset has errors does not keep the others from being used: it is among the
    ``broken``. Of a folder, shops are named as their files without `.yaml`.

    Raises:
        RulesetError: the file cannot be read as a fleet, or there is no shop in it.

    >>> from tempfile import TemporaryDirectory
    >>> import polars as pl
    >>> base = '''
    ... ruleset: base
    ... zone: UTC
    ... currency: CNY
    ... subject: {from: agents, key: [shop_id, agent_id]}
    ... params: {rate: required}
    ... tables:
    ...   agents: {key: [shop_id, agent_id], columns: {shop_id: text, agent_id: text, wage: money}}
    ... pay: {lines: {base: wage * rate}}
    ... '''
    >>> north = '''
    ... fleet: north
    ... shops:
    ...   S1: {extends: base, params: {rate: 90%}}
    ...   S2: {extends: base, params: {rate: 110%}}
    ... '''
    >>> with TemporaryDirectory() as folder:
    ...     for name, text in {"base": base, "north": north}.items():
    ...         _ = (Path(folder) / f"{name}.yaml").write_text(text, encoding="utf-8")
    ...     fleet = load_fleet(Path(folder) / "north.yaml")
    >>> fleet.name, list(fleet.shops)
    ('north', ['S1', 'S2'])
    """
    from kpi_engine.ruleset import fleets

    fleet, findings = fleets.load_fleet(Path(path))
    if fleet is None:
        raise RulesetError(findings)
    return fleet


def compile_fleet(fleet: Fleet) -> FleetPlan:
    """Return the plans of a fleet: one for all shops that differ in params, scales and weights.

    >>> from tempfile import TemporaryDirectory
    >>> import polars as pl
    >>> base = '''
    ... ruleset: base
    ... zone: UTC
    ... currency: CNY
    ... subject: {from: agents, key: [shop_id, agent_id]}
    ... params: {rate: required}
    ... tables:
    ...   agents: {key: [shop_id, agent_id], columns: {shop_id: text, agent_id: text, wage: money}}
    ... pay: {lines: {base: wage * rate}}
    ... '''
    >>> north = '''
    ... fleet: north
    ... shops:
    ...   S1: {extends: base, params: {rate: 90%}}
    ...   S2: {extends: base, params: {rate: 110%}}
    ... '''
    >>> with TemporaryDirectory() as folder:
    ...     for name, text in {"base": base, "north": north}.items():
    ...         _ = (Path(folder) / f"{name}.yaml").write_text(text, encoding="utf-8")
    ...     plan = compile_fleet(load_fleet(Path(folder) / "north.yaml"))
    >>> [group.shops for group in plan.groups]
    [('S1', 'S2')]
    """
    from kpi_engine.plan import fleets

    return fleets.compile_fleet(fleet)


def run_fleet(  # noqa: PLR0913 (all but the first two are given by name)
    plan: FleetPlan,
    tables: Tables,
    *,
    period: str,
    as_of: date | str | None = None,
    history: FleetHistory | None = None,
    engine: Engine = "auto",
    values: bool = False,
) -> FleetResults:
    """Return the results of every shop of a fleet over its own rows, for one period.

    Grain: as `run`, of all shops together. Of tables that have the column that names a shop, a shop
    sees its own rows; other tables are everybody's. Shops whose rows have keys of one another are
    computed by themselves. The receipt lists the groups of shops that share a plan, each shop's
    layers, params and weights, and the shops that were not run, with the reasons.

    Raises:
        DataError: no shop can be run, or a metric is of one kind in one shop and of another in
            another.

    >>> from tempfile import TemporaryDirectory
    >>> import polars as pl
    >>> base = '''
    ... ruleset: base
    ... zone: UTC
    ... currency: CNY
    ... subject: {from: agents, key: [shop_id, agent_id]}
    ... params: {rate: required}
    ... tables:
    ...   agents: {key: [shop_id, agent_id], columns: {shop_id: text, agent_id: text, wage: money}}
    ... pay: {lines: {base: wage * rate}}
    ... '''
    >>> north = '''
    ... fleet: north
    ... shops:
    ...   S1: {extends: base, params: {rate: 90%}}
    ...   S2: {extends: base, params: {rate: 110%}}
    ... '''
    >>> agents = pl.DataFrame(
    ...     {"shop_id": ["S1", "S2"], "agent_id": ["A", "B"], "wage": ["2000", "2000"]}
    ... )
    >>> with TemporaryDirectory() as folder:
    ...     for name, text in {"base": base, "north": north}.items():
    ...         _ = (Path(folder) / f"{name}.yaml").write_text(text, encoding="utf-8")
    ...     plan = compile_fleet(load_fleet(Path(folder) / "north.yaml"))
    >>> results = run_fleet(plan, {"agents": agents}, period="2026-10")
    >>> results.subjects["pay"].to_list()
    [180000, 220000]
    >>> explain(results, {"shop_id": "S2", "agent_id": "B"}).pay.lines[0].rule.params
    {'rate': '110%'}
    """
    from kpi_engine.execution import fleets

    return fleets.run_fleet(
        plan,
        tables,
        period=period,
        as_of=as_of,
        history=history,
        engine=engine,
        values=values,
    )


def shop_results(results: FleetResults, shop: str) -> Results:
    """Return the results of one shop of a fleet, as a run of its ruleset over its rows gives them.

    The receipt's inputs, accounts and notes are those of all shops that were computed with it.

    Raises:
        DataError: the fleet has no such shop, or it was not run.

    >>> from kpi_engine import FleetResults
    >>> import polars as pl
    >>> nothing = {"shop": "shop_id", "groups": [], "shops": {}, "not_run": {}, "nobody": []}
    >>> results = FleetResults(pl.DataFrame(), pl.DataFrame(), pl.DataFrame(), nothing, None)
    >>> try:
    ...     shop_results(results, "S9")
    ... except DataError as error:
    ...     print(error.diagnostics[0].message)
    the fleet has no shop `S9`
    """
    from kpi_engine.execution import fleetjoining

    return fleetjoining.shop_results(results, shop)


def score(  # noqa: PLR0913 (all but the first two are given by name)
    plan: Plan,
    facts: Facts,
    *,
    period: str,
    tables: Tables | None = None,
    history: History | None = None,
    engine: Engine = "auto",
) -> Results:
    """Return the results that follow from facts alone, such as a warehouse gathered.

    ``facts`` has one row per subject and metric gathered from rows: the key columns, ``period``,
    ``metric``, ``num``, ``den``, ``n``, ``n_unknown`` and ``status``, as in the ``facts`` of
    results. ``tables`` need hold no more than the roster, which says who is assessed, and the
    tables that formulas look into for a subject; without them everybody is who has facts in the
    period. ``history`` is as in `run`.

    Raises:
        DataError: the facts are malformed or incomplete, or the tables cannot be used or are
            needed.

    >>> from tempfile import TemporaryDirectory
    >>> import polars as pl
    >>> text = '''
    ... ruleset: example
    ... zone: UTC
    ... currency: CNY
    ... subject: {from: agents, key: agent_id}
    ... tables:
    ...   agents: {key: agent_id, columns: {agent_id: text}}
    ...   rounds: {key: id, columns: {id: text, agent_id: text, in_time: bool}}
    ... metrics: {response_rate: {from: rounds, value: share(in_time)}}
    ... score: {empty: skip, items: {response: {points: 100 * response_rate}}}
    ... '''
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "example.yaml"
    ...     _ = path.write_text(text, encoding="utf-8")
    ...     plan = compile(load(path))
    >>> fact = {"agent_id": "A", "period": "2026-10", "metric": "response_rate"}
    >>> counted = {"num": 17, "den": 20, "n": 20, "n_unknown": 0, "status": "ok"}
    >>> score(plan, pl.DataFrame([fact | counted]), period="2026-10").subjects["score"].to_list()
    [Decimal('85.00')]
    """
    from kpi_engine.execution import running

    return running.score(plan, facts, period=period, tables=tables, history=history, engine=engine)


def explain(results: Results | FleetResults, subject: Mapping[str, str] | str) -> Explanation:
    """Return why the score and pay of one subject are what they are.

    ``subject`` is the columns of the key with their values, or one value of the key alone where it
    is unique; in a fleet it names the shop too. Every metric, item, step and line comes with its
    rule as it was in force and the
    file and line where it is written; contributions add up to the score, lines to the pay. Results
    that were read back from disk are explained as well.

    Raises:
        DataError: the results have no such subject, or several.

    >>> from tempfile import TemporaryDirectory
    >>> import polars as pl
    >>> text = '''
    ... ruleset: example
    ... zone: UTC
    ... currency: CNY
    ... subject: {from: agents, key: agent_id}
    ... tables: {agents: {key: agent_id, columns: {agent_id: text, wage: money}}}
    ... pay: {lines: {base: wage, allowance: 50 CNY}}
    ... '''
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "example.yaml"
    ...     _ = path.write_text(text, encoding="utf-8")
    ...     agents = pl.DataFrame({"agent_id": ["A"], "wage": ["2000.00"]})
    ...     results = run(compile(load(path)), {"agents": agents}, period="2026-10")
    >>> for line in explain(results, "A").pay.lines:
    ...     print(line.name, line.shown, line.rule.text, line.rule.line)
    base 2000.00 CNY wage 7
    allowance 50.00 CNY 50 CNY 7
    """
    from kpi_engine.review.explanation import explain_subject

    return explain_subject(results, subject)


def explain_all(results: Results | FleetResults) -> Iterator[Explanation]:
    """Return the explanation of every subject, in the order of ``subjects``; see `explain`.

    >>> from tempfile import TemporaryDirectory
    >>> import polars as pl
    >>> text = '''
    ... ruleset: example
    ... zone: UTC
    ... currency: CNY
    ... subject: {from: agents, key: agent_id}
    ... tables: {agents: {key: agent_id, columns: {agent_id: text, wage: money}}}
    ... pay: {lines: {base: wage, allowance: 50 CNY}}
    ... '''
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "example.yaml"
    ...     _ = path.write_text(text, encoding="utf-8")
    ...     agents = pl.DataFrame({"agent_id": ["B", "A"], "wage": ["2000.00", "1800"]})
    ...     results = run(compile(load(path)), {"agents": agents}, period="2026-10")
    >>> [explanation.subject["agent_id"] for explanation in explain_all(results)]
    ['A', 'B']
    """
    from kpi_engine.review.explanation import explain_everybody

    return explain_everybody(results)


def evidence(  # noqa: PLR0913 (all but the first two are given by name)
    plan: Plan,
    tables: Tables,
    *,
    period: str,
    subject: Mapping[str, str] | str,
    metric: str,
    as_of: date | str | None = None,
    engine: Engine = "auto",
) -> Evidence:
    """Return the event rows behind a metric of one subject, each with what became of it.

    ``tables``, ``period`` and ``as_of`` are those of the run, ``subject`` as `explain` takes it.
    ``metrics`` of what comes back has, for the metric or for each metric from rows that it comes
    from, the ``rows``: one row per row of the metric's table in its window that belongs to the
    subject, ordered by the clock, then the key. They have the columns of the table, those that the
    metric reads, and the ``verdict``: ``used``, ``filtered`` or ``unknown``; ``filtered_by`` is the
    name of a drop, ``where`` or ``latest``. The ``numerator`` and ``denominator`` of the used rows
    add up to the metric's num and den, exactly; a median, an extreme or a number of different
    values has the ``value`` of each row instead.

    Raises:
        DataError: there is no such metric or nobody such on the roster, the metric comes from no
            rows, or the tables cannot be used.

    >>> from tempfile import TemporaryDirectory
    >>> import polars as pl
    >>> text = '''
    ... ruleset: example
    ... zone: UTC
    ... currency: CNY
    ... subject: {from: agents, key: agent_id}
    ... tables:
    ...   agents: {key: agent_id, columns: {agent_id: text}}
    ...   rounds:
    ...     key: id
    ...     columns: {id: text, agent_id: text, in_time: bool, test: bool}
    ...     drop: {tests: test}
    ... metrics: {response_rate: {from: rounds, value: share(in_time)}}
    ... '''
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "example.yaml"
    ...     _ = path.write_text(text, encoding="utf-8")
    ...     plan = compile(load(path))
    >>> agents = pl.DataFrame({"agent_id": ["A"]})
    >>> rounds = pl.DataFrame(
    ...     {
    ...         "id": ["1", "2", "3"],
    ...         "agent_id": ["A", "A", "A"],
    ...         "in_time": [True, False, True],
    ...         "test": [False, False, True],
    ...     }
    ... )
    >>> found = evidence(
    ...     plan,
    ...     {"agents": agents, "rounds": rounds},
    ...     period="2026-10",
    ...     subject="A",
    ...     metric="response_rate",
    ... ).metrics["response_rate"]
    >>> for row in found.rows.select("id", "verdict", "filtered_by", "numerator").rows():
    ...     print(*row)
    1 used None 1
    2 used None 0
    3 filtered tests None
    >>> found.num, found.den, found.shown
    (1, 2, '50%')
    """
    from kpi_engine.review.evidence import collect_evidence

    return collect_evidence(
        plan, tables, period=period, subject=subject, metric=metric, as_of=as_of, engine=engine
    )


def write_evidence(evidence: Evidence, file: str | Path) -> list[Path]:
    """Return the Parquet or CSV files that the rows behind a metric were written to.

    That is ``file``; where several metrics are behind the one asked for, one file for each, with
    the name of the metric before the suffix. An earlier file is replaced.

    Raises:
        DataError: the file's name does not end in `.parquet` or `.csv`, or it cannot be written.

    >>> from tempfile import TemporaryDirectory
    >>> import polars as pl
    >>> text = '''
    ... ruleset: example
    ... zone: UTC
    ... currency: CNY
    ... subject: {from: agents, key: agent_id}
    ... tables:
    ...   agents: {key: agent_id, columns: {agent_id: text}}
    ...   sales: {key: id, columns: {id: text, agent_id: text, amount: money}}
    ... metrics: {sold: {from: sales, value: sum(amount)}}
    ... '''
    >>> agents = pl.DataFrame({"agent_id": ["A"]})
    >>> sales = pl.DataFrame({"id": ["1"], "agent_id": ["A"], "amount": ["250.50"]})
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "example.yaml"
    ...     _ = path.write_text(text, encoding="utf-8")
    ...     found = evidence(
    ...         compile(load(path)),
    ...         {"agents": agents, "sales": sales},
    ...         period="2026-10",
    ...         subject="A",
    ...         metric="sold",
    ...     )
    ...     files = write_evidence(found, Path(folder) / "sold.csv")
    ...     print(files[0].read_text(), end="")
    id,agent_id,amount,verdict,filtered_by,numerator,denominator
    1,A,25050,used,,25050,
    """
    from kpi_engine.review.writing import write_rows

    return write_rows(evidence, Path(file))


def run_cases(*paths: str | Path, coverage: bool = False, jobs: int = 1) -> CaseReport:
    """Return what became of every case in ruleset tests, and in those of folders.

    The ruleset that a test names is looked for beside the test, then where ``extends`` looks.
    Finding no case at all is an error among the report's diagnostics. With ``coverage`` the report
    tells how much the cases reach of each ruleset that is tested or lies in a folder: its points,
    and those missed. ``jobs`` processes at most share many files; more than one need a main module
    that can be imported.

    >>> report = run_cases("no/such/ruleset.test.yaml")
    >>> report.passed, report.failed, [finding.code for finding in report.diagnostics]
    (0, 0, ['K101'])
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _, test = init_ruleset("maple", folder)
    ...     for covered in run_cases(test, coverage=True).coverage:
    ...         print(covered.points, [point.message for point in covered.missed])
    8 ['metric `praise` was never unknown']
    """
    from kpi_engine.review.cases import run_case_files

    return run_case_files((Path(path) for path in paths), coverage=coverage, jobs=jobs)


def render_case_junit(report: CaseReport) -> str:
    """Return JUnit XML of what became of ruleset tests: a test case for every case.

    >>> print(render_case_junit(run_cases("no/such.test.yaml")).splitlines()[0])
    <testsuites name="kpi-engine test" tests="1" failures="1" errors="0" skipped="0">
    """
    from kpi_engine.review.suites import case_suite

    return case_suite(report)


def correct_cases(report: CaseReport, *, write: bool) -> tuple[CorrectedFile, ...]:
    """Return the test files in which expected values differ from computed ones, and their change.

    Only such values change: what is given, comments and layout stay. A case with any other finding
    is left as it is. With ``write`` the files are written, but for those that are not any more as
    they were when the cases ran.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _, test = init_ruleset("maple", folder)
    ...     correct_cases(run_cases(test), write=True)
    ()
    """
    from kpi_engine.review.corrections import corrected_files, write_corrected

    files = corrected_files(c for result in report.results for c in result.corrections)
    if write:
        written = write_corrected(files)
        files = tuple(each for each in files if each.file in written)
    return files


def mutate(
    *paths: str | Path, jobs: int = 1, on_progress: Callable[[int, int], None] | None = None
) -> MutationReport:
    """Return which slips of the pen in rulesets their tests notice.

    ``paths`` are test files and folders. In the text of every ruleset that they test, each number
    moves by one of its last digit, each weight at another's cost, each comparison takes its edge in
    or leaves it out, `and` becomes `or`, each step of `then` is left out: one at a time, held to
    the tests of that very ruleset, not to those of its children. ``score`` is the part of the
    mutants that a case notices, of those that the check lets run.

    ``jobs`` processes share the work; more than one need a main module that can be imported.
    ``on_progress`` is told how many mutants are done, of how many.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = init_ruleset("maple", folder)
    ...     (maple,) = mutate(folder).rulesets
    >>> maple.noticed, maple.survived, maple.refused, maple.score
    (12, 0, 1, Fraction(1, 1))
    """
    from kpi_engine.review.mutation import mutate_rulesets

    return mutate_rulesets((Path(path) for path in paths), jobs, on_progress)


def generate_cases(
    path: str | Path, *, period: str | None = None, params: Mapping[str, str] | None = None
) -> GeneratedCases:
    """Return the boundary cases of a ruleset: ``text`` is a test file that passes.

    Around every threshold that given values can reach stand a row just below, one at it and one
    just above, with what the reference, not the plan, computes. They say what the ruleset does, not
    what it should do: somebody has to read them. ``unreached`` counts the other thresholds by where
    they decide. Period and params are those of the first case of the test beside the file, unless
    said otherwise.

    Raises:
        RulesetError: the file cannot be used, or a param is still ``required``.
        DataError: the period is no month.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     maple, _ = init_ruleset("maple", folder)
    ...     found = generate_cases(maple)
    >>> for line in found.text.splitlines()[-7:-4]:
    ...     print(line.strip())
    score | wage        => line.wage
    69.99 | 1000.00 CNY | 0.00 CNY
    70    | 1000.00 CNY | 700.00 CNY
    >>> found.thresholds, found.unreached
    (3, {'praise': 1})
    """
    from kpi_engine.review import generation

    return generation.generate_cases(Path(path), period, params)


def write_cases(cases: GeneratedCases, path: str | Path) -> None:
    """Write generated cases into a new test file.

    Raises:
        DataError: the file exists already, or cannot be written.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     maple, _ = init_ruleset("maple", folder)
    ...     write_cases(generate_cases(maple), Path(folder) / "edges.test.yaml")
    ...     run_cases(Path(folder) / "edges.test.yaml").passed
    2
    """
    from kpi_engine.review import generation

    generation.write_cases(cases, Path(path))


def write_results(results: Results | FleetResults, folder: str | Path) -> None:
    """Write the four files of a result into a folder, all of them or none.

    They are ``subjects.parquet``, ``lines.parquet``, ``rejects.parquet`` and ``receipt.json``. An
    earlier result in the folder is replaced; anything else in it refuses the write.

    Raises:
        DataError: the folder holds something else than a result, or cannot be written.

    >>> from tempfile import TemporaryDirectory
    >>> import polars as pl
    >>> text = '''
    ... ruleset: example
    ... zone: UTC
    ... currency: CNY
    ... subject: {from: agents, key: agent_id}
    ... tables: {agents: {key: agent_id, columns: {agent_id: text, wage: money}}}
    ... pay: {lines: {base: wage, allowance: 50 CNY}}
    ... '''
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "example.yaml"
    ...     _ = path.write_text(text, encoding="utf-8")
    ...     agents = pl.DataFrame({"agent_id": ["A"], "wage": ["2000.00"]})
    ...     results = run(compile(load(path)), {"agents": agents}, period="2026-10")
    ...     write_results(results, Path(folder) / "out")
    ...     again = read_results(Path(folder) / "out")
    >>> again.receipt == results.receipt
    True
    """
    from kpi_engine.execution import folders

    folders.write_results(results, folder)


def write_facts(  # noqa: PLR0913 (all but the first four are given by name)
    plan: Plan,
    results: Results,
    tables: Tables,
    folder: str | Path,
    *,
    key: str | Path | None = None,
    history: History | None = None,
) -> HandedFacts:
    r"""Return what was written into a folder: the facts of a run, with all that a score reads.

    That is ``facts.parquet`` and a file for the roster and for each table that is looked up for a
    subject: accepted rows, and of their columns those that formulas read, the key and times.
    ``tables`` and ``history`` are those of the run. `diff` and `score` take the folder as their
    ``tables``.

    ``key`` is a file of 32 secret bytes, made if it is not there: with it pseudonyms stand for all
    values of the subject's key, the same for the same key, in an order of their own. ``as_given``
    of what comes back names the columns in which nothing was replaced, amounts among them. What was
    written is scored and held to the results; an earlier one in the folder is replaced.

    Raises:
        DataError: the results hold no facts, a table is made from event rows, the key cannot be
            used or is no text, names stand in other columns too, other results would follow, or the
            folder holds something else or cannot be written.

    >>> from tempfile import TemporaryDirectory
    >>> import polars as pl
    >>> text = '''
    ... ruleset: example
    ... zone: UTC
    ... currency: CNY
    ... subject: {from: agents, key: agent_id}
    ... tables: {agents: {key: agent_id, columns: {agent_id: text, wage: money}}}
    ... pay: {lines: {base: wage, allowance: 50 CNY}}
    ... '''
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "example.yaml"
    ...     _ = path.write_text(text, encoding="utf-8")
    ...     plan = compile(load(path))
    ...     tables = {"agents": pl.DataFrame({"agent_id": ["An"], "wage": ["2000.00"]})}
    ...     results = run(plan, tables, period="2026-10")
    ...     key, handed = Path(folder) / "key", Path(folder) / "handed"
    ...     written = write_facts(plan, results, tables, handed, key=key)
    ...     again = score(plan, results.facts, period="2026-10", tables=handed)
    >>> written.pseudonyms, dict(written.as_given), written.key_made
    (('agent_id',), {'agents': ('wage',)}, True)
    >>> again.subjects["agent_id"][0][:9], again.subjects["pay"][0]
    ('agent_id-', 205000)
    """
    from kpi_engine.execution.handing import write_facts as written

    return written(plan, results, tables, folder, key=key, history=history)


def read_results(folder: str | Path) -> Results:
    """Return the result that was written into a folder, after checking its hash.

    Raises:
        DataError: the folder holds no result, or one that is not what was written.

    >>> try:
    ...     read_results("no/such/folder")
    ... except DataError as error:
    ...     print(error.diagnostics[0].code)
    K452
    """
    from kpi_engine.execution import folders

    return folders.read_results(folder)


def read_fleet_results(folder: str | Path) -> FleetResults:
    """Return the results of a fleet that `write_results` wrote into a folder, their hash checked.

    Raises:
        DataError: the folder holds no results of a fleet, or such as are not what was written.

    >>> try:
    ...     read_fleet_results("no/such/folder")
    ... except DataError as error:
    ...     print(error.diagnostics[0].code)
    K452
    """
    from kpi_engine.execution import folders

    return folders.read_fleet_results(folder)


def verify(
    out: str | Path,
    tables: Tables | None = None,
    history: History | FleetHistory | None = None,
) -> Verification:
    r"""Return whether running the receipt of a result again gives the result again.

    Every layer and input file is held to the receipt and everything that differs is told at once.
    They are looked for where the receipt says, from the working folder. ``tables`` is the folder of
    the inputs where they have moved, or tables by name: a table that was run as a frame has to be
    given, since a receipt keeps nothing of it. So has a ``history`` that was given as it is.

    Raises:
        DataError: the folder holds no result, or one that was scored from facts.

    >>> from tempfile import TemporaryDirectory
    >>> import polars as pl
    >>> text = '''
    ... ruleset: example
    ... zone: UTC
    ... currency: CNY
    ... subject: {from: agents, key: agent_id}
    ... tables: {agents: {key: agent_id, columns: {agent_id: text, wage: money}}}
    ... pay: {lines: {base: wage, allowance: 50 CNY}}
    ... '''
    >>> with TemporaryDirectory() as folder:
    ...     path, roster = Path(folder) / "example.yaml", Path(folder) / "agents.csv"
    ...     _ = path.write_text(text, encoding="utf-8")
    ...     _ = roster.write_text("agent_id,wage\nA,2000.00\n", encoding="utf-8")
    ...     results = run(compile(load(path)), folder, period="2026-10")
    ...     write_results(results, Path(folder) / "out")
    ...     print(verify(Path(folder) / "out").verdict)
    ...     _ = roster.write_text("agent_id,wage\nA,2000.01\n", encoding="utf-8")
    ...     verification = verify(Path(folder) / "out")
    verified
    >>> verification.verdict, [finding.code for finding in verification.diagnostics]
    ('differs', ['K481', 'K485'])
    >>> verification.diagnostics[-1].help
    '1 subject differs, first agent_id A in `line.base`, `pay`'
    """
    from kpi_engine.execution import folders
    from kpi_engine.review import fleetverification, verification

    if folders.holds_fleet(out):
        of_fleet = cast("FleetHistory | None", history)
        return fleetverification.verify_fleet(out, tables, of_fleet)
    return verification.verify(out, tables, cast("History | None", history))


def close(out: str | Path, ledger: str | Path) -> Closing | FleetClosing:
    """Return what became of closing a result: its pay lines are now in the ledger, a SQLite file.

    The first closing of a ruleset's period enters every line of everybody whose pay is known.
    Entries never change: closing a later result of the period enters what has changed since, as
    adjustments, so that the entries of a line add up to what the later result says of it. Whose
    pay is held back is not closed, and is in ``held``. Closing the same again enters nothing.

    Of the results of a fleet every shop is closed so, under the name of its own ruleset, all shops
    at once or none: ``closings`` has them by shop.

    Raises:
        DataError: the folder holds no result with pay or not the one that was written, the file is
            no ledger or cannot be written, the ledger's lines are in another currency, two shops of
            a fleet have rulesets of one name.

    >>> from tempfile import TemporaryDirectory
    >>> import polars as pl
    >>> text = '''
    ... ruleset: example
    ... zone: UTC
    ... currency: CNY
    ... subject: {from: agents, key: agent_id}
    ... tables: {agents: {key: agent_id, columns: {agent_id: text, wage: money}}}
    ... pay: {lines: {base: wage, allowance: 50 CNY}}
    ... '''
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "example.yaml"
    ...     _ = path.write_text(text, encoding="utf-8")
    ...     plan = compile(load(path))
    ...     for wage in ("2000.00", "1990.00", "1990.00"):
    ...         agents = pl.DataFrame({"agent_id": ["A"], "wage": [wage]})
    ...         results = run(plan, {"agents": agents}, period="2026-10")
    ...         write_results(results, Path(folder) / "out")
    ...         closing = close(Path(folder) / "out", Path(folder) / "pay.ledger")
    ...         print(closing.kind, closing.entries.select("line", "amount").rows())
    closed [('base', 200000), ('allowance', 5000)]
    adjustment [('base', -1000)]
    None []
    """
    from kpi_engine.execution import closing, fleetclosing, folders

    if folders.holds_fleet(out):
        return fleetclosing.close_fleet(out, ledger)
    return closing.close(out, ledger)


def read_ledger(ledger: str | Path) -> LedgerEntries:
    """Return the entries of a ledger as they were made, each with its closing.

    Amounts are in minor units; ``subject`` is the key as one line of JSON.

    Raises:
        DataError: the file is no ledger, or cannot be read.

    >>> try:
    ...     read_ledger("no/such.ledger")
    ... except DataError as error:
    ...     print(error.diagnostics[0].message)
    the ledger `no/such.ledger` cannot be used: no such file
    """
    from kpi_engine.execution import ledger as ledgers

    return ledgers.read_ledger(ledger)


def export_ledger(ledger: str | Path, file: str | Path) -> int:
    """Write the entries of a ledger into a Parquet file and return how many there are.

    Raises:
        DataError: the ledger cannot be read, or the file cannot be written.

    >>> try:
    ...     export_ledger("no/such.ledger", "entries.parquet")
    ... except DataError as error:
    ...     print(error.diagnostics[0].code)
    K471
    """
    from kpi_engine.execution import ledger as ledgers

    return ledgers.export_ledger(ledger, file)


def write_sample(
    folder: str | Path, *, messages: int, seed: int = 0, dirty: float = 0.0
) -> SampleSummary:
    """Return what was written into a folder: made-up event tables, one Parquet file each.

    The same numbers and seed give the same rows on every machine. ``dirty`` is the share of bad
    rows to add, of every reason for which rows are rejected.

    Raises:
        ValueError: ``messages`` is less than 1, or ``dirty`` is not a share from 0 to 1.
        DataError: the folder cannot be written.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_sample(folder, messages=100, seed=7).rows_by_table["messages"]
    100
    """
    from kpi_engine import sample

    try:
        return sample.write_sample(Path(folder), messages=messages, seed=seed, dirty=dirty)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DataError([diagnose("K451", folder=folder, reason=reason)]) from error


__all__ = [
    "AmountChange",
    "CaseReport",
    "CaseResult",
    "Change",
    "CheckReport",
    "Closing",
    "CorrectedFile",
    "DataError",
    "Diagnostic",
    "Diff",
    "Effect",
    "Effective",
    "EffectiveValue",
    "Evidence",
    "Explanation",
    "Facts",
    "FileCoverage",
    "Fleet",
    "FleetClosing",
    "FleetHistory",
    "FleetPlan",
    "FleetReceipt",
    "FleetResults",
    "FormatReport",
    "FormattedFile",
    "GeneratedCases",
    "HandedFacts",
    "KpiError",
    "LedgerEntries",
    "Locking",
    "MetricEvidence",
    "MissedPoint",
    "MutatedRuleset",
    "MutationReport",
    "PartChange",
    "PayShown",
    "Plan",
    "Receipt",
    "Results",
    "RuleChange",
    "RuleText",
    "Ruleset",
    "RulesetError",
    "RulesetSummary",
    "Said",
    "SampleSummary",
    "ScoreShown",
    "Severity",
    "Side",
    "SubjectEffect",
    "TableSource",
    "Tables",
    "TriedMutant",
    "Turn",
    "Verification",
    "__version__",
    "check",
    "close",
    "compile",
    "compile_fleet",
    "correct_cases",
    "describe_code",
    "describe_plan",
    "diff",
    "evidence",
    "explain",
    "explain_all",
    "export_ledger",
    "format_files",
    "format_text",
    "generate_cases",
    "init_ruleset",
    "init_shop",
    "is_fleet",
    "json_schema",
    "list_rulesets",
    "load",
    "load_fleet",
    "lock",
    "mutate",
    "read_fleet_results",
    "read_ledger",
    "read_results",
    "render_annotation",
    "render_case_junit",
    "render_json",
    "render_junit",
    "render_sarif",
    "render_text",
    "run",
    "run_cases",
    "run_fleet",
    "score",
    "shop_results",
    "show",
    "verify",
    "write_cases",
    "write_evidence",
    "write_facts",
    "write_results",
    "write_sample",
]
