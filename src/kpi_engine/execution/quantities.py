"""Numbers and money read exactly: whole multiples of a power of ten, or a reason why not."""

from decimal import Decimal

import polars as pl

from kpi_engine.execution.reading import Reading, chosen_reason, staged
from kpi_engine.execution.reasons import Reason

WIDEST = 2**53
"""What is kept lies within this on both sides of 0."""

SURE_UNITS = 10**15
"""Decimal numbers of up to 15 digits are told apart by a float."""


def read_quantity(
    given: pl.Expr, dtype: pl.DataType, places: int, fraction: Reason, tolerance: Decimal
) -> Reading | None:
    """Return how a column is read in units of 10^-places, None where its type is no number.

    A number with more places is refused for the reason ``fraction``. A float is taken within
    ``tolerance`` units of a whole unit as long as floats of its size lie that dense; beyond, where
    it is the very float of a number of up to 15 digits, or whole. Nothing else is ever rounded.
    """
    if dtype == pl.String:
        return _read_text(given, places, fraction)
    if isinstance(dtype, pl.Decimal):
        finer = dtype.scale - places
        if finer > 0:
            return _read_fine(given, 10**finer, fraction)
        return _read_whole(given, given.to_physical(), 10**-finer)
    if dtype.is_float():
        return _read_float(given.cast(pl.Float64), places, fraction, tolerance)
    if dtype.is_integer():
        return _read_whole(given, given, 10**places)
    return None


def _read_whole(given: pl.Expr, whole: pl.Expr, factor: int) -> Reading:
    limit = WIDEST // factor
    number = whole.cast(pl.Int64, strict=False)
    value = pl.when(number.is_between(-limit, limit)).then(number * factor)
    return Reading(given, value, chosen_reason((), "out_of_range"))


def _read_fine(given: pl.Expr, divisor: int, fraction: Reason) -> Reading:
    """Return the reading of decimals with more places than are kept, the further ones zeros."""
    step = pl.lit(divisor, dtype=pl.Int128)
    exact = given.to_physical() % step == 0
    made, units = staged(given, "units", given.to_physical() // step)
    value = pl.when(exact).then(_kept(units))
    reason = chosen_reason([(~exact, fraction)], "out_of_range")
    return Reading(given, value, reason, ((made,),))


def _read_text(given: pl.Expr, places: int, fraction: Reason) -> Reading:
    is_number = given.str.contains(r"^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)$")
    is_short = given.str.contains(rf"^[+-]?[0-9]*(?:\.[0-9]{{0,{places}}}0*)?$")
    # the digits fit, so that the cast has nothing to round
    exact = pl.when(is_number & is_short).then(given)
    digits = exact.cast(pl.Decimal(38, places), strict=False).to_physical()
    made, units = staged(given, "units", digits)
    reason = chosen_reason([(~is_number, "not_a_number"), (~is_short, fraction)], "out_of_range")
    return Reading(given, _kept(units), reason, ((made,),))


def _read_float(given: pl.Expr, places: int, fraction: Reason, tolerance: Decimal) -> Reading:
    made_scaled, scaled = staged(given, "scaled", given * float(10**places))
    made_units, units = staged(given, "units", scaled.round().cast(pl.Int64, strict=False))
    taken = given == given.floor()
    if places:
        dense = int(tolerance * 2**53)
        close = (scaled - scaled.round()).abs() <= float(tolerance)
        step = pl.lit(Decimal(1).scaleb(-places), dtype=pl.Decimal(38, places))
        same = (units.cast(pl.Decimal(38, 0)) * step).cast(pl.Float64) == given
        taken = (
            taken
            | (close & units.is_between(-dense, dense))
            | (same & units.is_between(-SURE_UNITS, SURE_UNITS))
        )
    value = pl.when(given.is_finite() & taken).then(_kept(units))
    reason = chosen_reason(
        [(~given.is_finite(), "not_a_number"), (scaled.abs() > SURE_UNITS, "out_of_range")],
        fraction,
    )
    return Reading(given, value, reason, ((made_scaled,), (made_units,)))


def _kept(units: pl.Expr) -> pl.Expr:
    return pl.when(units.is_between(-WIDEST, WIDEST)).then(units.cast(pl.Int64, strict=False))
