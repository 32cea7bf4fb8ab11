"""Names looked up elsewhere: in the row of another table that has the key of whoever asks."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import cast

from kpi_engine.reference.values import Row, Value
from kpi_engine.ruleset.checked import Table

Key = tuple[Value, ...]


class Shelf:
    """The rows of the tables made so far, dropped ones left out."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._tables = tables
        self._rows: dict[str, Sequence[Row]] = {}
        self._rows_by_key: dict[str, dict[Key, list[Row]]] = {}

    def put(self, name: str, rows: Sequence[Row]) -> None:
        """Keep the rows of a table, to be found from now on."""
        keys = _asked_columns(self._tables[name])
        found: dict[Key, list[Row]] = {}
        for row in rows:
            found.setdefault(tuple(row[key] for key in keys), []).append(row)
        self._rows[name] = rows
        self._rows_by_key[name] = found

    def rows(self, name: str) -> Sequence[Row]:
        """Return the rows of a table."""
        return self._rows[name]

    def value(self, asking: Row, name: str) -> Value:
        """Return what ``table.column`` is for a row with some columns, its day among them.

        Without a row of the asked key, or one in force on that day, it is the column's default.
        """
        table_name, _, column = name.partition(".")
        table = self._tables[table_name]
        key = tuple(asking[name] for name in _asked_columns(table))
        rows = [] if None in key else self._rows_by_key[table_name].get(key, [])
        if table.valid is not None:
            rows = _in_force(rows, table.valid, cast("date | None", asking["day"]))
        if table.long is not None:
            names, column = table.long
            rows = [row for row in rows if row[names] == name.partition(".")[2]]
        return rows[-1][column] if rows else _default(table, column)


def _asked_columns(table: Table) -> tuple[str, ...]:
    """Return the columns of the key that whoever asks must have: not the names of a long table."""
    return tuple(name for name in table.key if table.long is None or name != table.long[0])


def _in_force(rows: Sequence[Row], valid: tuple[str, str], day: date | None) -> list[Row]:
    """Return the rows that are valid on a day, the last to begin last."""
    begin, end = valid
    found: list[tuple[date, Row]] = []
    for row in rows:
        first, after = (cast("date | None", row[name]) for name in (begin, end))
        if day is None or first is None:
            continue
        if first <= day and (after is None or day < after):
            found.append((first, row))
    return [row for _, row in sorted(found, key=lambda dated: dated[0])]


def _default(table: Table, name: str) -> Value:
    for column in table.columns:
        if column.name == name and column.default is not None:
            return column.default.value
    return None
