import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from kpi_engine.sample.draws import below, chance, key_of, skewed, with_draws

WORDS = st.integers(0, 2**64 - 1)
GOLDEN = 0x9E3779B97F4A7C15
KNOWN = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]


def splitmix64(state: int) -> int:
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) % 2**64
    return state ^ (state >> 31)


def drawn(counters: list[int], key: int) -> pl.DataFrame:
    frame = pl.DataFrame({"counter": counters}, schema={"counter": pl.UInt64})
    return with_draws(frame, pl.col("counter"), bits=key)


def test_draws_are_the_published_numbers_of_splitmix64() -> None:
    assert drawn([1, 2, 3], 0)["bits"].to_list() == KNOWN


@given(st.lists(WORDS, max_size=20), WORDS)
def test_columns_are_drawn_as_plain_python_draws(counters: list[int], key: int) -> None:
    expected = [splitmix64((counter * GOLDEN + key) % 2**64) for counter in counters]
    assert drawn(counters, key)["bits"].to_list() == expected


@given(st.integers(1, 2**16), st.integers(0, 3))
def test_numbers_stay_below_their_size(size: int, place: int) -> None:
    bits = drawn(list(range(200)), 5)
    numbers = bits.select(below(pl.col("bits"), place, size).alias("n"))["n"]
    small = bits.select(skewed(pl.col("bits"), place, size).alias("n"))["n"]
    assert numbers.is_between(0, size - 1).all()
    assert small.is_between(0, size - 1).all()


def test_a_chance_comes_about_as_often_as_said() -> None:
    hits = drawn(list(range(100_000)), 3).select(chance(pl.col("bits"), 1, 250).sum()).item()
    assert 24_500 < hits < 25_500


def test_streams_of_other_names_are_other_numbers() -> None:
    names = [(0,), (1,), (0, "a"), (0, "b"), (0, "a", 1), ("a", 0), (0, "ab"), (0, "ba")]
    assert len({key_of(*name) for name in names}) == len(names)
