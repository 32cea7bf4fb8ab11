"""The ledger on disk: one SQLite file of closings and of entries that never change."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Final

import polars as pl
from polars.exceptions import ComputeError

from kpi_engine.text.diagnostics import diagnose
from kpi_engine.text.errors import DataError

APPLICATION: Final = 0x6B706965
"""Whose file it is, where SQLite keeps that: the letters ``kpie``."""

LedgerEntries = pl.DataFrame
"""A frame with one row per entry of a ledger, beside it what its closing says but for the receipt.

Columns: ``entry`` and those of the table ``entries``, then ``version``, ``rules_sha256``,
``as_of``, ``result_hash``, ``closed_at`` and ``kpi_engine``. Amounts are in minor units.
"""

FORM: Final = 1
"""The form of the tables, raised where an older reader would go wrong."""

CLOSINGS: Final = (
    "closing",
    "ruleset",
    "version",
    "rules_sha256",
    "period",
    "as_of",
    "result_hash",
    "closed_at",
    "kpi_engine",
    "receipt",
)
ENTRIES: Final = (
    "closing",
    "kind",
    "ruleset",
    "period",
    "subject",
    "line",
    "amount",
    "currency",
    "rule",
    "file",
    "line_number",
)

_SCHEMA: Final = (
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {FORM}",
    """
    CREATE TABLE closings (
        closing INTEGER PRIMARY KEY,
        ruleset TEXT NOT NULL,
        version TEXT,
        rules_sha256 TEXT NOT NULL,
        period TEXT NOT NULL,
        as_of TEXT NOT NULL,
        result_hash TEXT NOT NULL,
        closed_at TEXT NOT NULL,
        kpi_engine TEXT NOT NULL,
        receipt TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE entries (
        entry INTEGER PRIMARY KEY,
        closing INTEGER NOT NULL REFERENCES closings (closing),
        kind TEXT NOT NULL CHECK (kind IN ('closed', 'adjustment')),
        ruleset TEXT NOT NULL,
        period TEXT NOT NULL,
        subject TEXT NOT NULL,
        line TEXT NOT NULL,
        amount INTEGER NOT NULL CHECK (typeof(amount) = 'integer'),
        currency TEXT NOT NULL,
        rule TEXT NOT NULL,
        file TEXT NOT NULL,
        line_number INTEGER NOT NULL,
        UNIQUE (closing, subject, line)
    )
    """,
    "CREATE INDEX closings_by_period ON closings (ruleset, period)",
    *(
        f"""
        CREATE TRIGGER {table}_refuse_{verb.lower()} BEFORE {verb} ON {table}
        BEGIN SELECT RAISE(ABORT, '{table} of a ledger never change'); END
        """
        for table in ("closings", "entries")
        for verb in ("UPDATE", "DELETE")
    ),
    # INSERT OR REPLACE deletes without asking the triggers of a deletion
    """
    CREATE TRIGGER closings_refuse_replace BEFORE INSERT ON closings
    WHEN EXISTS (SELECT 1 FROM closings WHERE closing = NEW.closing)
    BEGIN SELECT RAISE(ABORT, 'closings of a ledger never change'); END
    """,
    """
    CREATE TRIGGER entries_refuse_replace BEFORE INSERT ON entries
    WHEN EXISTS (SELECT 1 FROM entries WHERE entry = NEW.entry)
      OR EXISTS (SELECT 1 FROM entries
                 WHERE closing = NEW.closing AND subject = NEW.subject AND line = NEW.line)
    BEGIN SELECT RAISE(ABORT, 'entries of a ledger never change'); END
    """,
)

_EXPORTED: Final = {
    "entry": pl.Int64,
    **dict.fromkeys(ENTRIES, pl.String),
    "closing": pl.Int64,
    "amount": pl.Int64,
    "line_number": pl.Int64,
    **dict.fromkeys(
        ("version", "rules_sha256", "as_of", "result_hash", "closed_at", "kpi_engine"), pl.String
    ),
}

_SECONDS_TO_WAIT: Final = 30
_PRIMARY_CODE: Final = 0xFF
_TROUBLE: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    }
)


@contextmanager
def writing(ledger: str | Path) -> Iterator[sqlite3.Connection]:
    """Give a ledger inside one transaction, kept at the end; a file that is not there is made.

    Whoever dies in the middle leaves the ledger as it was: the next one to open it takes back what
    was half written.

    Raises:
        DataError: the file is no ledger, or cannot be read or written.
    """
    with _opened(ledger, "rwc") as connection:
        connection.execute("PRAGMA synchronous = EXTRA")
        # What is not committed is taken back as the connection closes, whatever went wrong.
        connection.execute("BEGIN IMMEDIATE")
        if _is_empty(connection):
            for statement in _SCHEMA:
                connection.execute(statement)
        _refuse_others(connection, ledger)
        yield connection
        connection.execute("COMMIT")


def read_ledger(ledger: str | Path) -> LedgerEntries:
    """Return the entries of a ledger as they were made, each with its closing but for the receipt.

    Raises:
        DataError: the file is no ledger, or cannot be read.
    """
    if not Path(ledger).is_file():
        raise DataError([diagnose("K471", ledger=ledger, reason="no such file")])
    with _opened(ledger, "rw") as connection:
        _refuse_others(connection, ledger)
        rows = connection.execute(
            f"SELECT {', '.join(_EXPORTED)} FROM entries "  # noqa: S608 (names of columns)
            "JOIN closings USING (closing, ruleset, period) ORDER BY entry"
        ).fetchall()
    return pl.DataFrame(rows, schema=_EXPORTED, orient="row")


def export_ledger(ledger: str | Path, file: str | Path) -> int:
    """Write the entries of a ledger into a Parquet file and return how many there are.

    Raises:
        DataError: the ledger cannot be read, or the file not be written.
    """
    entries = read_ledger(ledger)
    target = Path(file).absolute()
    partial = target.with_name(f".{target.name}.{token_hex(8)}.partial")
    try:
        entries.write_parquet(partial)
        partial.replace(target)
    except (OSError, ComputeError) as error:
        partial.unlink(missing_ok=True)
        reason = error.strerror if isinstance(error, OSError) else None
        raise DataError([diagnose("K451", folder=file, reason=reason or str(error))]) from error
    return entries.height


@contextmanager
def _opened(ledger: str | Path, mode: str) -> Iterator[sqlite3.Connection]:
    try:
        with closing(
            sqlite3.connect(
                f"{Path(ledger).absolute().as_uri()}?mode={mode}",
                uri=True,
                isolation_level=None,
                timeout=_SECONDS_TO_WAIT,
            )
        ) as connection:
            yield connection
    except sqlite3.DatabaseError as error:
        code = error.sqlite_errorcode & _PRIMARY_CODE
        if code not in _TROUBLE:
            raise
        name = "K470" if code == sqlite3.SQLITE_NOTADB else "K471"
        raise DataError([diagnose(name, ledger=ledger, reason=str(error))]) from error


def _is_empty(connection: sqlite3.Connection) -> bool:
    tables = _number(connection, "SELECT count(*) FROM sqlite_master")
    return (tables, *_marks(connection)) == (0, 0, 0)


def _marks(connection: sqlite3.Connection) -> tuple[int, int]:
    return (
        _number(connection, "PRAGMA application_id"),
        _number(connection, "PRAGMA user_version"),
    )


def _number(connection: sqlite3.Connection, query: str) -> int:
    (number,) = connection.execute(query).fetchone()
    return int(number)


def _refuse_others(connection: sqlite3.Connection, ledger: str | Path) -> None:
    application, form = _marks(connection)
    reason: str | None = None
    if application != APPLICATION:
        reason = "it is a database of another program"
    elif form != FORM:
        reason = f"its form is {form}, form {FORM} was expected"
    if reason is not None:
        raise DataError([diagnose("K470", ledger=ledger, reason=reason)])
