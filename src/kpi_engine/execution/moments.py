"""Times, days and months read as whole numbers, or a reason why not.

A time is kept in microseconds of UTC since 1970, a day in days since 1970, a month as
year * 12 + month - 1.
"""

import polars as pl

from kpi_engine.execution.quantities import WIDEST
from kpi_engine.execution.reading import Reading, chosen_reason, staged

WIDEST_DAYS = 2**22

_MICROSECONDS_A_MINUTE = 60 * 10**6
_ISO_TIME = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
    r"(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})?$"
)
_ISO_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_MONTH = r"^[0-9]{4}-(?:0[1-9]|1[0-2])$"


def read_time(given: pl.Expr, dtype: pl.DataType, format_: str | None, zone: str) -> Reading | None:
    """Return how times are read, None where the type of the column holds none.

    Times without a zone are local times of the ruleset's zone.
    """
    if isinstance(dtype, pl.Datetime):
        inside = _microseconds(given, dtype).is_between(-WIDEST, WIDEST)
        kept = pl.when(inside).then(given)
        if dtype.time_zone is not None:
            return Reading(given, _microseconds(kept, dtype), chosen_reason((), "out_of_range"))
        made, local = staged(given, "local", kept.dt.cast_time_unit("us"))
        earliest = _instant(local, zone, twice="earliest")
        reason = chosen_reason(
            [(local.is_null(), "out_of_range"), (earliest.is_null(), "nonexistent_time")],
            "ambiguous_time",
        )
        return Reading(given, _instant(local, zone), reason, ((made,),))
    if dtype != pl.String:
        return None
    return _read_iso(given, zone) if format_ is None else _read_format(given, format_, zone)


def read_day(given: pl.Expr, dtype: pl.DataType, format_: str | None) -> Reading | None:
    """Return how days are read, None where the type of the column holds none.

    A time without a zone is a day at its midnight alone: some tools know no other days.
    """
    if dtype == pl.Date:
        days = given.to_physical().cast(pl.Int64)
        value = pl.when(days.is_between(-WIDEST_DAYS, WIDEST_DAYS)).then(days)
        return Reading(given, value, chosen_reason((), "out_of_range"))
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is None:
        microseconds = _microseconds(given, dtype)
        day = 24 * 60 * _MICROSECONDS_A_MINUTE
        kept = microseconds.is_between(-WIDEST, WIDEST)
        value = pl.when(kept & (microseconds % day == 0)).then(microseconds // day)
        return Reading(given, value, chosen_reason([(~kept, "out_of_range")], "not_a_date"))
    if dtype != pl.String:
        return None
    text = given
    if format_ is None:
        text = pl.when(given.str.contains(_ISO_DAY)).then(given)
    parsed = text.str.to_date(format_ or "%Y-%m-%d", strict=False).to_physical().cast(pl.Int64)
    made, days = staged(given, "days", parsed)
    kept = days.is_between(-WIDEST_DAYS, WIDEST_DAYS)
    reason = chosen_reason([(days.is_null(), "not_a_date")], "out_of_range")
    return Reading(given, pl.when(kept).then(days), reason, ((made,),))


def read_month(given: pl.Expr, dtype: pl.DataType) -> Reading | None:
    """Return how months such as ``2026-10`` are read, None where the column holds no text."""
    if dtype != pl.String:
        return None
    year = given.str.slice(0, 4).cast(pl.Int64, strict=False)
    month = given.str.slice(5, 2).cast(pl.Int64, strict=False)
    value = pl.when(given.str.contains(_MONTH)).then(year * 12 + month - 1)
    return Reading(given, value, chosen_reason((), "not_a_month"))


def _microseconds(given: pl.Expr, dtype: pl.Datetime) -> pl.Expr:
    """Return the microseconds of times of any unit, null where they leave 64 bits."""
    units = given.to_physical()
    match dtype.time_unit:
        case "ms":
            fits = units.is_between(-WIDEST // 1000, WIDEST // 1000)
            return pl.when(fits).then(units * 1000)
        case "ns":
            return units // 1000
        case _:
            return units


def _instant(local: pl.Expr, zone: str, *, twice: str = "null") -> pl.Expr:
    """Return the instants of local times; null where the clocks skipped or repeated them."""
    aware = local.dt.replace_time_zone(
        zone,
        ambiguous="earliest" if twice == "earliest" else "null",
        non_existent="null",
    )
    return aware.to_physical()


def _read_format(given: pl.Expr, format_: str, zone: str) -> Reading:
    made, parsed = staged(
        given, "local", given.str.to_datetime(format_, strict=False, time_unit="us")
    )
    nothing = pl.Series([], dtype=pl.String).str.to_datetime(format_, strict=False, time_unit="us")
    if nothing.dtype == pl.Datetime("us"):
        found = _instant(parsed, zone)
        earliest = _instant(parsed, zone, twice="earliest")
    else:
        found = earliest = parsed.to_physical()
    found, instant = staged(given, "instant", found)
    return _read_instant(given, parsed, instant, earliest, ((made,), (found,)))


def _read_instant(
    given: pl.Expr,
    local: pl.Expr,
    instant: pl.Expr,
    earliest: pl.Expr,
    stages: tuple[tuple[pl.Expr, ...], ...],
) -> Reading:
    """Return the reading of texts whose local time and instant are worked out in stages."""
    value = pl.when(instant.is_between(-WIDEST, WIDEST)).then(instant)
    reason = chosen_reason(
        [
            (local.is_null(), "not_a_time"),
            (earliest.is_null(), "nonexistent_time"),
            (instant.is_null(), "ambiguous_time"),
        ],
        "out_of_range",
    )
    return Reading(given, value, reason, stages)


def _read_iso(given: pl.Expr, zone: str) -> Reading:
    shape, text = staged(given, "iso", pl.when(given.str.contains(_ISO_TIME)).then(given))
    has_seconds = text.str.slice(16, 1) == ":"
    clock = (
        pl.when(has_seconds).then(text.str.slice(11, 8)).otherwise(text.str.slice(11, 5) + ":00")
    )
    made_second, second = staged(given, "second", text.str.slice(0, 10) + " " + clock)
    made_rest, rest = staged(
        given, "rest", pl.when(has_seconds).then(text.str.slice(19)).otherwise(text.str.slice(16))
    )
    fraction = rest.str.extract(r"^\.([0-9]{1,6})").str.pad_end(6, "0").cast(pl.Int64)
    parsed = second.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us")
    made_local, local = staged(
        given, "local", (parsed.to_physical() + fraction.fill_null(0)).cast(pl.Datetime("us"))
    )
    made_sign, sign = staged(given, "sign", rest.str.replace(r"^\.[0-9]+", ""))
    made_offset, offset = staged(given, "offset", _offset(sign))
    with_offset = local.to_physical() - offset * _MICROSECONDS_A_MINUTE
    has_offset = offset.is_not_null()
    # the clocks of a zone are slow to ask: times with an offset are no question to them
    naive = pl.when(~has_offset).then(local)
    made, instant = staged(
        given, "instant", pl.when(has_offset).then(with_offset).otherwise(_instant(naive, zone))
    )
    earliest = (
        pl.when(has_offset).then(with_offset).otherwise(_instant(naive, zone, twice="earliest"))
    )
    stages = ((shape,), (made_second, made_rest), (made_local, made_sign), (made_offset,), (made,))
    return _read_instant(given, local, instant, earliest, stages)


def _offset(written: pl.Expr) -> pl.Expr:
    """Return the minutes that a text such as ``+08:00`` or ``Z`` is ahead of UTC."""
    hours = written.str.slice(1, 2).cast(pl.Int64, strict=False)
    minutes = written.str.slice(-2).cast(pl.Int64, strict=False)
    sign = pl.when(written.str.starts_with("-")).then(-1).otherwise(1)
    return (
        pl.when(written.is_in(["Z", "z"]))
        .then(pl.lit(0, dtype=pl.Int64))
        .otherwise(sign * (hours * 60 + minutes))
    )
