"""One subject found among those of a result."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import polars as pl

from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.errors import DataError

Row = Mapping[str, object]

_MOST_NAMES = 5


def chosen_subject(
    subjects: pl.DataFrame,
    key: Sequence[str],
    subject: Mapping[str, str] | str,
    roster: tuple[str, str] | None = None,
) -> Row:
    """Return the row of a subject, named by columns of her key or by one value of it alone.

    The subjects are those of a result, or of a ``roster``: its table and the period.

    Raises:
        DataError: nobody has that name, several have it, or a column is not of the key.
    """
    keys = subjects.select(pl.col(name).cast(pl.String) for name in key)
    if isinstance(subject, str):
        name = f"`{subject}`"
        chosen = pl.any_horizontal(pl.col(column) == subject for column in key)
    else:
        name = written_subject(subject)
        foreign = [column for column in subject if column not in key]
        if foreign or not subject:
            raise DataError([_foreign(column, key) for column in foreign or [""]])
        chosen = pl.all_horizontal(pl.col(c) == value for c, value in subject.items())
    found = keys.with_row_index("~row").filter(chosen)
    if found.height == 1:
        return subjects.row(found["~row"][0], named=True)
    if found.is_empty():
        near = _near(keys, subject)
        if roster is None:
            raise DataError([diagnose("K540", name=name, near=near)])
        table, period = roster
        raise DataError([diagnose("K546", name=name, table=table, period=period, near=near)])
    listed = [written_subject(row) for row in found.select(key).head(_MOST_NAMES).to_dicts()]
    more = ", …" if found.height > _MOST_NAMES else ""
    names = " or ".join(listed) + more
    raise DataError([diagnose("K541", name=name, count=found.height, names=names)])


def written_subject(subject: Mapping[str, str]) -> str:
    """Return a subject as the command line takes it.

    >>> written_subject({"shop_id": "S1", "agent_id": "A"})
    '`shop_id=S1,agent_id=A`'
    """
    return "`" + ",".join(f"{name}={value}" for name, value in subject.items()) + "`"


def _foreign(column: str, key: Sequence[str]) -> Diagnostic:
    names = " or ".join(f"`{name}`" for name in key)
    return diagnose("K542", name=column, names=names)


def _near(keys: pl.DataFrame, subject: Mapping[str, str] | str) -> str | None:
    """Return the likely meant subject, if one is near."""
    if isinstance(subject, str):
        known = {str(value) for column in keys.columns for value in keys[column].unique()}
        near = get_close_matches(subject, known, n=1)
        return f"`{near[0]}`" if near else None
    whole = {",".join(map(str, row.values())): row for row in keys.to_dicts()}
    asked = ",".join(subject.get(name, "") for name in keys.columns)
    near = get_close_matches(asked, whole, n=1)
    return written_subject(whole[near[0]]) if near else None
