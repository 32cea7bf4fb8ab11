"""The commands: each asks the public API one thing and says what came of it."""

import gc
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

import kpi_engine as ke
from kpi_engine.cli.authoring import generate, list_them, lock, show_effective, starts
from kpi_engine.cli.checking import check, rule, schema
from kpi_engine.cli.diffs import diff
from kpi_engine.cli.exits import EXIT_BY_VERDICT, Exit
from kpi_engine.cli.fleets import report_closings, report_fleet
from kpi_engine.cli.formatting import fmt
from kpi_engine.cli.handing import handed_document, handed_lines, refuse_handing
from kpi_engine.cli.output import (
    Format,
    FormatOption,
    keep_writing,
    progress,
    refused,
    report,
    show,
    show_json,
    show_text,
)
from kpi_engine.cli.rows import evidence_document, evidence_parts
from kpi_engine.cli.statement import explanation_parts, opened_results
from kpi_engine.cli.summaries import (
    accounting_parts,
    closing_document,
    closing_parts,
    counted,
    run_document,
    run_parts,
    sample_document,
    sample_parts,
    verification_document,
    verification_line,
)
from kpi_engine.cli.testing import run_tests

app = typer.Typer(
    name="kpi-engine",
    help="Customer-service KPI rules as a reviewed text file: events in, pay out, explained.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

books = typer.Typer(name="ledger", help="Read ledgers of closed periods.", no_args_is_help=True)
app.add_typer(books)
app.add_typer(starts)

PathsArgument = Annotated[
    list[Path], typer.Argument(metavar="PATH...", help="Files, or folders of them.")
]


def main() -> None:
    """Run the command line."""
    keep_writing()
    try:
        app()
    finally:
        gc.freeze()  # what is left goes with the process: nobody looks for circles in it


def print_version(wanted: bool) -> None:
    """Print the version and end, where that is all that is wanted."""
    if wanted:
        show(f"kpi-engine {ke.__version__}")
        raise typer.Exit(Exit.CLEAN)


@app.callback()
def top(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Customer-service KPI rules as a reviewed text file: events in, pay out, explained."""


app.command()(check)
app.command()(fmt)
app.command()(rule)
app.command()(schema)
app.command("list")(list_them)
app.command("show")(show_effective)
app.command()(lock)
app.command("gen-cases")(generate)
app.command()(diff)
app.command("test")(run_tests)


HistoryOption = Annotated[
    Path | None,
    typer.Option("--history", help="The folder that holds earlier `--out` folders."),
]


@app.command()
def run(
    ruleset: Annotated[
        Path,
        typer.Argument(
            metavar="RULESET", help="The ruleset file; or a fleet: its file, or a folder of shops."
        ),
    ],
    data: Annotated[Path, typer.Option("--data", help="The folder of the tables' files.")],
    period: Annotated[str, typer.Option("--period", help="The month to run, such as 2026-10.")],
    out: Annotated[Path, typer.Option("--out", help="The folder to write the results to.")],
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", help="When the run looks at the data: a day, or a time with a zone."
        ),
    ] = None,
    history: HistoryOption = None,
    accounting: Annotated[
        bool, typer.Option("--accounting", help="Print where every row went.")
    ] = False,
    facts_out: Annotated[
        Path | None,
        typer.Option("--facts-out", help="The folder to write the facts to, for `diff --facts`."),
    ] = None,
    pseudonymise: Annotated[
        Path | None,
        typer.Option(
            "--pseudonymise",
            metavar="KEYFILE",
            help="Replace names in the facts, by this key; it is made if it is not there.",
        ),
    ] = None,
    form: FormatOption = Format.TEXT,
) -> None:
    """Compute scores and pay of one month, and write them with the receipt."""
    refuse_handing(ruleset, out, facts_out, pseudonymise)
    if ke.is_fleet(ruleset):
        with refused(form), progress("running"):
            shops = ke.compile_fleet(ke.load_fleet(ruleset))
            found = ke.run_fleet(shops, data, period=period, as_of=as_of, history=history)
            ke.write_results(found, out)
        raise typer.Exit(report_fleet(shops, found, out, form, accounting=accounting))
    with refused(form), progress("running"):
        plan = ke.compile(ke.load(ruleset))
        results = ke.run(plan, data, period=period, as_of=as_of, history=history)
        handed = None
        if facts_out is not None:
            handed = ke.write_facts(
                plan, results, data, facts_out, key=pseudonymise, history=history
            )
        ke.write_results(results, out)
    warnings = [note for note in plan.ruleset.notes if note.severity == "warning"]
    report([*warnings, *results.diagnostics], form)
    document = run_document(results, out)
    if form is Format.JSON:
        more: dict[str, object] = {"accounting": results.accounting} if accounting else {}
        if handed is not None and facts_out is not None:
            more["facts"] = handed_document(handed, facts_out)
        show_json({**document, **more})
    else:
        show(*run_parts(results, plan.ruleset, document))
        show(*(accounting_parts(results.receipt) if accounting else ()))
        if handed is not None and facts_out is not None:
            show(*handed_lines(handed, facts_out, pseudonymise))
    raise typer.Exit(Exit.FINDINGS if document["rejects"] or document["held"] else Exit.CLEAN)


@app.command()
def explain(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A folder that `run` has written.")],
    subject: Annotated[
        str | None,
        typer.Option(
            "--subject",
            help="shop_id=S1,agent_id=A, or one value of the key where it is unique; "
            "everybody, if left out.",
        ),
    ] = None,
    form: FormatOption = Format.TEXT,
) -> None:
    """Show every contribution to one subject's score and pay, with its rule, file and line."""
    with refused(form):
        results = opened_results(out)
        asked = [] if subject is None else [ke.explain(results, chosen(subject))]
    for place, explanation in enumerate(ke.explain_all(results) if subject is None else asked):
        if form is Format.JSON:
            show_json(asdict(explanation))
            continue
        if place:
            show("")
        show(*explanation_parts(explanation))


@app.command()
def evidence(
    ruleset: Annotated[Path, typer.Argument(metavar="RULESET", help="The ruleset file.")],
    data: Annotated[Path, typer.Option("--data", help="The folder of the tables' files.")],
    period: Annotated[str, typer.Option("--period", help="The month, such as 2026-10.")],
    subject: Annotated[
        str,
        typer.Option(
            "--subject", help="shop_id=S1,agent_id=A, or one value of the key where it is unique."
        ),
    ],
    metric: Annotated[str, typer.Option("--metric", help="The metric to show the rows behind.")],
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", help="When the run looks at the data: a day, or a time with a zone."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="A .parquet or .csv file to write all rows to.")
    ] = None,
    form: FormatOption = Format.TEXT,
) -> None:
    """Show the event rows behind a metric of one subject, and what became of each."""
    with refused(form), progress("looking"):
        plan = ke.compile(ke.load(ruleset))
        found = ke.evidence(
            plan, data, period=period, subject=chosen(subject), metric=metric, as_of=as_of
        )
        files = [] if out is None else ke.write_evidence(found, out)
    if form is Format.JSON:
        show_json(evidence_document(found))
    else:
        show(*evidence_parts(found, plan.ruleset))
        show(*(f"written to {file.as_posix()}" for file in files))


@app.command("explain-plan")
def explain_plan(
    ruleset: Annotated[Path, typer.Argument(metavar="RULESET", help="The ruleset file.")],
    form: FormatOption = Format.TEXT,
) -> None:
    """Show how a ruleset is computed: its tables in order, their keys, what each match became."""
    with refused(form):
        plan = ke.compile(ke.load(ruleset))
        described = ke.describe_plan(plan)
    if form is Format.JSON:
        show_json({"ruleset": plan.ruleset.name, "plan": described.splitlines()})
    else:
        show_text(described)


@app.command()
def verify(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A folder that `run` has written.")],
    data: Annotated[
        Path | None,
        typer.Option("--data", help="The folder of the tables' files, where they have moved."),
    ] = None,
    history: HistoryOption = None,
    form: FormatOption = Format.TEXT,
) -> None:
    """Run a result's receipt again, and report all that is not as it was."""
    with refused(form), progress("running again"):
        verification = ke.verify(out, data, history)
    report(verification.diagnostics, form)
    if form is Format.JSON:
        show_json(verification_document(verification, out))
    else:
        show(verification_line(verification, out))
    raise typer.Exit(EXIT_BY_VERDICT[verification.verdict])


@app.command()
def close(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A folder that `run` has written.")],
    ledger: Annotated[Path, typer.Option("--ledger", help="The ledger; made if there is none.")],
    form: FormatOption = Format.TEXT,
) -> None:
    """Enter the pay lines of a run into a ledger, where they never change.

    Closing a later run of the same month enters adjustments: what has changed since. Of a fleet
    all shops are closed, or none.
    """
    with refused(form), progress("closing"):
        closing = ke.close(out, ledger)
    report(closing.diagnostics, form)
    if isinstance(closing, ke.FleetClosing):
        raise typer.Exit(report_closings(closing, ledger, form))
    if form is Format.JSON:
        show_json(closing_document(closing, ledger))
    else:
        show(*closing_parts(closing, ledger))
    raise typer.Exit(Exit.CLEAN if closing.held.is_empty() else Exit.FINDINGS)


@books.command("export")
def export(
    ledger: Annotated[Path, typer.Argument(metavar="FILE", help="The ledger.")],
    out: Annotated[Path, typer.Option("--out", help="The Parquet file to write.")],
    form: FormatOption = Format.TEXT,
) -> None:
    """Write the entries of a ledger, each with its closing, into a Parquet file."""
    with refused(form), progress("exporting"):
        entries = ke.export_ledger(ledger, out)
    if form is Format.JSON:
        show_json({"ledger": ledger.as_posix(), "out": out.as_posix(), "entries": entries})
    else:
        show(f"{counted(entries, 'entry', 'entries')} written to {out.as_posix()}")


@app.command()
def sample(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write to.")],
    messages: Annotated[int, typer.Option("--messages", min=1, help="How many messages.")],
    seed: Annotated[int, typer.Option("--seed", min=0, help="Same seed, same rows.")],
    dirty: Annotated[
        float, typer.Option("--dirty", min=0, max=1, help="The share of bad rows to add.")
    ] = 0.0,
    form: FormatOption = Format.TEXT,
) -> None:
    """Write made-up event tables to try rulesets on."""
    with refused(form), progress("making up rows"):
        summary = ke.write_sample(folder, messages=messages, seed=seed, dirty=dirty)
    if form is Format.JSON:
        show_json(sample_document(summary))
    else:
        show(*sample_parts(summary))


def chosen(subject: str) -> dict[str, str] | str:
    """Return the columns and values of `shop_id=S1,agent_id=A`, or a value as it is.

    >>> chosen("shop_id=S1, agent_id=A")
    {'shop_id': 'S1', 'agent_id': 'A'}
    """
    if "=" not in subject:
        return subject
    pairs = (part.partition("=") for part in subject.split(","))
    return {name.strip(): value.strip() for name, _, value in pairs}
