"""What the clocks of a zone show at an instant."""

from functools import lru_cache, partial

import polars as pl

_DAY = 86_400 * 10**6
_PROBE = _DAY // 96
"""Nowhere have clocks been set twice within a quarter of an hour."""

_MOST_DAYS = 4_000


def wall_clock(instant: pl.Expr, zone: str) -> pl.Expr:
    """Return what the clocks show, in microseconds as if they stood in UTC; instants are in UTC.

    From an instant to a reading there is always exactly one answer, on every day of the year. A
    sum that could outgrow 64 bits comes as Int128; a time that does is none that Polars has.
    """
    return instant.cast(pl.Int64).map_batches(
        partial(_readings, zone=zone), return_dtype=pl.Int64, is_elementwise=True
    )


def _readings(instants: pl.Series, zone: str) -> pl.Series:
    low, high = instants.min(), instants.max()
    if isinstance(low, int) and isinstance(high, int) and high - low < _MOST_DAYS * _DAY:
        offset = _fixed_offset(zone, low // _DAY, high // _DAY)
        if offset is not None:
            return (instants + offset).cast(pl.Int64)
    return _converted(instants, zone)


def _converted(instants: pl.Series, zone: str) -> pl.Series:
    moments = instants.cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(zone)
    return moments.dt.replace_time_zone(None).cast(pl.Int64)


@lru_cache(maxsize=1024)
def _fixed_offset(zone: str, first_day: int, last_day: int) -> int | None:
    """Return how far clocks are ahead of UTC on days of UTC, None where they are set on one.

    Looking into the rules of a zone for every row costs many times what adding a number does.
    """
    probes = pl.int_range(first_day * _DAY, (last_day + 1) * _DAY + 1, _PROBE, eager=True)
    offsets = _converted(probes, zone) - probes
    return int(offsets[0]) if (offsets == offsets[0]).all() else None
