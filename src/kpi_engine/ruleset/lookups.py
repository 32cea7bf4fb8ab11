"""How columns of other rows read as whole numbers: looked up, matched, or of the row before."""

from collections.abc import Mapping

from kpi_engine.language.core import Value
from kpi_engine.language.exact import column_value, kept_as
from kpi_engine.language.kinds import Kind, Type
from kpi_engine.ruleset.checked import Table

LAST_DAY_COLUMN = "period.last_day"
"""The last day of the run's period, a column beside the subjects."""

LAST_DAY = column_value(LAST_DAY_COLUMN, Type(Kind.DATE))


def lookup_column(name: str) -> str:
    """Return the column of what is looked up for a subject.

    >>> lookup_column("marks.exam")
    'lookup.marks.exam'
    """
    return f"lookup.{name}"


def held_column(table: Table, column: str) -> str:
    """Return the column of a table that holds what is read of it behind the dot."""
    return column if table.long is None else table.long[1]


def looked_up(
    name: str, tables: Mapping[str, Table], values_by_table: Mapping[str, Mapping[str, Value]]
) -> Value:
    """Return how a column of another table reads, by its name with a dot."""
    prefix, _, column = name.partition(".")
    return kept_as(name, values_by_table[prefix][held_column(tables[prefix], column)])


def brought(match: str, values: Mapping[str, Value]) -> dict[str, Value]:
    """Return how the columns of a matched row read, or with ``before`` those of the row before."""
    return {f"{match}.{name}": kept_as(f"{match}.{name}", v) for name, v in values.items()}
