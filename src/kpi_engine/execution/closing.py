"""Closing a period: its pay lines into a ledger, once, and later what has changed since."""

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

import polars as pl

from kpi_engine.execution.canon import canonical_value
from kpi_engine.execution.folders import (
    Written,
    WrittenFleet,
    read_written,
    refuse_changed,
    whole_receipt,
)
from kpi_engine.execution.ledger import CLOSINGS, ENTRIES, writing
from kpi_engine.execution.receipts import versions
from kpi_engine.execution.results import Receipt, Results
from kpi_engine.language.currencies import MINOR_DIGITS
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.errors import DataError

EntryKind = Literal["closed", "adjustment"]

_ENTRY: Final = ("subject", "line", "amount", "rule", "file", "line_number")
_EARLIER: Final = "SELECT closing FROM closings WHERE ruleset = ? AND period = ?"

# a line that is gone is named by the rule of its last entry: of max() SQLite gives that row
_ENTERED: Final = """
    SELECT subject, line, sum(amount), rule, file, line_number, max(entry)
    FROM entries
    WHERE closing IN (SELECT closing FROM closings WHERE ruleset = ? AND period = ?)
    GROUP BY subject, line
    ORDER BY subject, line
"""

_WRITTEN: Final = {
    "subject": pl.String,
    "line": pl.String,
    "entered": pl.Int64,
    "rule": pl.String,
    "file": pl.String,
    "line_number": pl.Int64,
}


@dataclass(frozen=True, slots=True)
class Closing:
    """What became of a result that was to be closed.

    ``number`` and ``kind`` are None where the ledger said it all already. ``entries`` are the new
    ones: ``subject``, ``line``, ``amount`` in minor units, ``rule``, ``file``, ``line_number``.
    ``held`` has the key of everybody whose pay is held back and was not closed.
    """

    number: int | None
    kind: EntryKind | None
    ruleset: str
    period: str
    currency: str
    minor_digits: int
    entries: pl.DataFrame
    held: pl.DataFrame
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class _Slips:
    """The pay of a result: what `_ENTRY` names, for those with known pay, and who is held back.

    ``held`` has the column ``subject`` beside those of the key.
    """

    lines: pl.DataFrame
    held: pl.DataFrame
    key: tuple[str, ...]
    currency: str


def close(out: str | Path, ledger: str | Path) -> Closing:
    """Return what became of closing a result: its pay lines are now in the ledger.

    The first closing of a ruleset's period enters every line of everybody whose pay is known. A
    later one enters what has changed since, as adjustments: new - what the ledger adds up to, line
    by line. A line or a subject that is gone is adjusted to zero, whoever is new comes in whole,
    whose pay is held back is left as it is. Where nothing has changed nothing is entered.

    Raises:
        DataError: the folder holds no result with pay or not the one that was written, the file is
            no ledger or cannot be written, the currency is not the one of the ruleset's lines.
    """
    written = read_written(out)
    if isinstance(written, WrittenFleet):
        name = written.results.receipt["fleet"]
        raise DataError([diagnose("K664", folder=out, name=name)])
    whole_receipt(written.results.receipt, out)
    refuse_changed(written, out)
    if not has_pay(written.results):
        raise DataError([diagnose("K472", folder=out)])
    with writing(ledger) as connection:
        return close_into(connection, written)


def has_pay(results: Results) -> bool:
    """Return whether a result has pay."""
    return "pay.status" in results.subjects.columns


def close_into(connection: sqlite3.Connection, written: Written) -> Closing:
    """Return what became of closing a result with pay into a ledger that is being written.

    Raises:
        DataError: the currency is not the one of the ruleset's lines.
    """
    receipt, slips = written.results.receipt, _slips(written.results)
    _refuse_mixing(connection, receipt["ruleset"], slips.currency)
    entries, kind = _new_entries(connection, receipt, slips)
    number = None
    if not entries.is_empty():
        number = _enter(connection, written, slips.currency, entries, kind)
    held = slips.held.select(slips.key)
    return Closing(
        number=number,
        kind=kind if number is not None else None,
        ruleset=receipt["ruleset"],
        period=receipt["period"],
        currency=slips.currency,
        minor_digits=MINOR_DIGITS[slips.currency],
        entries=entries,
        held=held,
        diagnostics=tuple(held_back(held.height)),
    )


def rules_digest(receipt: Receipt) -> str:
    """Return the SHA-256 of all that made the rules: the hashes of the layers, the params given.

    Its text is UTF-8, each line ended by a line feed: the hash of each layer in the receipt's
    order, then ``name: text`` of each param that was given, by name.
    """
    lines = [layer["sha256"] for layer in receipt["layers"]]
    lines += [f"{name}: {text}" for name, text in sorted(receipt["params"].items())]
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def held_back(count: int) -> list[Diagnostic]:
    """Return the warning that so many subjects are not closed."""
    said = "1 subject" if count == 1 else f"{count:,} subjects"
    return [diagnose("K474", count=said)] if count else []


def _slips(results: Results) -> _Slips:
    subjects, lines = results.subjects, results.lines
    key = tuple(lines.columns[: lines.columns.index("period")])
    named = subjects.select(*key, "pay.status", subject=_subject_texts(subjects, key))
    known = named.filter(pl.col("pay.status") == "ok").select(*key, "subject")
    held = named.filter(pl.col("pay.status") != "ok").select(*key, "subject")
    entries = lines.join(known, on=key, how="inner", maintain_order="left").select(_ENTRY)
    return _Slips(entries, held, key, subjects["currency"][0])


def _subject_texts(subjects: pl.DataFrame, key: Sequence[str]) -> pl.Series:
    """Return the key of every subject as one line of JSON, its columns by name."""
    names = sorted(key)
    texts = subjects.select(canonical_value(pl.col(name), subjects.schema[name]) for name in names)
    return pl.Series(
        [
            json.dumps(
                dict(zip(names, row, strict=True)), ensure_ascii=False, separators=(",", ":")
            )
            for row in texts.iter_rows()
        ],
        dtype=pl.String,
    )


def _refuse_mixing(connection: sqlite3.Connection, ruleset: str, currency: str) -> None:
    found = connection.execute(
        "SELECT currency FROM entries WHERE closing IN "
        "(SELECT closing FROM closings WHERE ruleset = ?) AND currency <> ? LIMIT 1",
        (ruleset, currency),
    ).fetchone()
    if found is not None:
        raise DataError([diagnose("K473", ruleset=ruleset, found=currency, expected=found[0])])


def _new_entries(
    connection: sqlite3.Connection, receipt: Receipt, slips: _Slips
) -> tuple[pl.DataFrame, EntryKind]:
    """Return what a ledger does not say yet, and what such entries are."""
    period = (receipt["ruleset"], receipt["period"])
    if connection.execute(_EARLIER, period).fetchone() is None:
        return slips.lines, "closed"
    entered = connection.execute(_ENTERED, period)
    then = pl.DataFrame([row[:-1] for row in entered], schema=_WRITTEN, orient="row")
    both = ("subject", "line")
    joined = slips.lines.join(
        then.select(*both, "entered"), on=both, how="left", maintain_order="left"
    )
    amount = pl.col("amount") - pl.col("entered").fill_null(0)
    is_new = ~pl.col("subject").is_in(then["subject"].unique().implode())
    changed = joined.with_columns(amount).filter((pl.col("amount") != 0) | is_new)
    gone = (
        then.join(slips.lines, on=both, how="anti", maintain_order="left")
        .join(slips.held, on="subject", how="anti", maintain_order="left")
        .filter(pl.col("entered") != 0)
        .with_columns(amount=-pl.col("entered"))
    )
    return pl.concat([changed.select(_ENTRY), gone.select(_ENTRY)]), "adjustment"


def _enter(
    connection: sqlite3.Connection,
    written: Written,
    currency: str,
    entries: pl.DataFrame,
    kind: EntryKind,
) -> int:
    """Return the number of a new closing, after writing it and its entries."""
    receipt = written.results.receipt
    (number,) = connection.execute("SELECT ifnull(max(closing), 0) + 1 FROM closings").fetchone()
    closing = (
        number,
        receipt["ruleset"],
        receipt["version"],
        rules_digest(receipt),
        receipt["period"],
        receipt["as_of"],
        receipt["result_hash"],
        datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        versions()["kpi_engine"],
        written.receipt_text,
    )
    connection.execute(_insertion("closings", CLOSINGS), closing)
    head = (number, kind, receipt["ruleset"], receipt["period"])
    connection.executemany(
        _insertion("entries", ENTRIES),
        (
            (*head, subject, line, amount, currency, *place)
            for subject, line, amount, *place in entries.iter_rows()
        ),
    )
    return int(number)


def _insertion(table: str, columns: Sequence[str]) -> str:
    places = ", ".join("?" for _ in columns)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608 (names of ours)
