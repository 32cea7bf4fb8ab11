"""Numbers that look random and are the same on every machine.

A draw is splitmix64 of a key and a counter, in wrapping 64-bit integers: nothing is carried from
one draw to the next, so a column is drawn at once, in any order and on any number of threads, and
Polars and plain Python give the same number. Neither `Expr.hash`, which may change between
versions of Polars, nor a generator of another package, which this one does not need, could say so.
"""

from collections.abc import Callable, Sequence

import polars as pl

GOLDEN = 0x9E3779B97F4A7C15
FIRST = 0xBF58476D1CE4E5B9
SECOND = 0x94D049BB133111EB
MASK = 2**64 - 1
THOUSAND = 1_000
FIELD = 2**16  # a draw holds four fields of 16 bits


def key_of(*parts: int | str) -> int:
    """Return the 64-bit key of a stream of draws, named by its parts.

    >>> key_of(0, "orders") == key_of(0, "orders") != key_of(1, "orders")
    True
    """
    key = 0
    for part in parts:
        for number in (part,) if isinstance(part, int) else part.encode():
            key = _mixed((key ^ number) + GOLDEN & MASK)
    return key


def number_below(size: int, *parts: int | str) -> int:
    """Return one whole number from 0 to size - 1, named by its parts."""
    return key_of(*parts) % size


def happens(per_thousand: int, *parts: int | str) -> bool:
    """Return whether the one event named by the parts happens."""
    return number_below(THOUSAND, *parts) < per_thousand


def with_draws(frame: pl.DataFrame, counter: pl.Expr, **keys: int) -> pl.DataFrame:
    """Return the frame with 64 drawn bits for each value of a counter (UInt64), a column a key."""

    def step(of: Callable[[pl.Expr], pl.Expr]) -> pl.DataFrame:
        return frame.with_columns(of(pl.col(name)).alias(name) for name in keys)

    counted = counter.cast(pl.UInt64) * _word(GOLDEN)
    # Step by step: as one expression its parts are told apart for longer than they take.
    frame = frame.with_columns((counted + _word(key)).alias(name) for name, key in keys.items())
    frame = step(lambda bits: (bits ^ (bits // _word(2**30))) * _word(FIRST))
    frame = step(lambda bits: (bits ^ (bits // _word(2**27))) * _word(SECOND))
    return step(lambda bits: bits ^ (bits // _word(2**31)))


def below(bits: pl.Expr, place: int, size: int) -> pl.Expr:
    """Return whole numbers from 0 to size - 1 out of one of the four fields of a draw (Int64)."""
    return _field(bits, place) * size // FIELD


def chance(bits: pl.Expr, place: int, per_thousand: int | pl.Expr) -> pl.Expr:
    """Return true as often as said, by one of the four fields of a draw.

    Of one field, what is true for a smaller chance is true for a larger one: steps of a list.
    """
    return below(bits, place, THOUSAND) < per_thousand


def pick(bits: pl.Expr, place: int, choices: Sequence[int]) -> pl.Expr:
    """Return one of the choices, each as likely as it is often in the list (Int64)."""
    return at(below(bits, place, len(choices)), choices)


def at(place: pl.Expr, values: Sequence[int]) -> pl.Expr:
    """Return the value at each place of a list (Int64); an unknown place gives an unknown value."""
    return pl.lit(pl.Series(values, dtype=pl.Int64)).gather(place)


def skewed(bits: pl.Expr, place: int, size: int) -> pl.Expr:
    """Return whole numbers from 0 to size - 1, the small ones far likelier (Int64).

    Two fields are multiplied, this one and the next: half of the numbers lie below a fifth of
    the size.
    """
    return (_field(bits, place) * _field(bits, (place + 1) % 4) // FIELD) * size // FIELD


def _field(bits: pl.Expr, place: int) -> pl.Expr:
    lowest = (bits // _word(2 ** (16 * place))).cast(pl.UInt16, wrap_numerical=True)
    return lowest.cast(pl.Int64)


def _word(number: int) -> pl.Expr:
    return pl.lit(number, dtype=pl.UInt64)


def _mixed(bits: int) -> int:
    bits = (bits ^ bits >> 30) * FIRST & MASK
    bits = (bits ^ bits >> 27) * SECOND & MASK
    return bits ^ bits >> 31
