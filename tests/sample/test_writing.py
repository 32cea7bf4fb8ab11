from collections import Counter
from dataclasses import FrozenInstanceError
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from kpi_engine.sample import SampleSummary, write_sample
from kpi_engine.sample.shapes import MONEY, SHAPE_BY_TABLE

MESSAGES = 20_000
EVENT_TABLES = [table for table, shape in SHAPE_BY_TABLE.items() if not shape.reference]


def frames_of(folder: Path) -> dict[str, pl.DataFrame]:
    return {table: pl.read_parquet(folder / f"{table}.parquet") for table in SHAPE_BY_TABLE}


@pytest.fixture(scope="module")
def clean(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[SampleSummary, dict[str, pl.DataFrame]]:
    folder = tmp_path_factory.mktemp("clean")
    return write_sample(folder, messages=MESSAGES, seed=7), frames_of(folder)


@pytest.fixture(scope="module")
def dirty(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[SampleSummary, dict[str, pl.DataFrame]]:
    folder = tmp_path_factory.mktemp("dirty")
    return write_sample(folder, messages=MESSAGES, seed=7, dirty=0.05), frames_of(folder)


@pytest.fixture(scope="module")
def tables(clean: tuple[SampleSummary, dict[str, pl.DataFrame]]) -> dict[str, pl.DataFrame]:
    return clean[1]


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    folder = tmp_path_factory.mktemp("busy")
    write_sample(folder, messages=500_000)
    return frames_of(folder)


def test_the_folder_holds_one_file_a_table_and_nothing_else(tmp_path: Path) -> None:
    write_sample(tmp_path / "new" / "folder", messages=200)
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == sorted(
        f"{table}.parquet" for table in SHAPE_BY_TABLE
    )


@pytest.mark.parametrize("messages", [1, 2, 99, 1_000, 12_345])
def test_there_are_exactly_as_many_messages_as_asked_for(tmp_path: Path, messages: int) -> None:
    write_sample(tmp_path, messages=messages)
    assert pl.read_parquet(tmp_path / "messages.parquet").height == messages


@pytest.mark.parametrize("messages", [1, 3_000])
def test_a_tiny_sample_has_every_table(tmp_path: Path, messages: int) -> None:
    write_sample(tmp_path, messages=messages, dirty=0.1)
    found = frames_of(tmp_path)
    assert found["agents"].height >= 10
    assert found["shifts"].height > 0


def test_the_same_seed_gives_the_same_rows(tmp_path: Path, tables: dict[str, pl.DataFrame]) -> None:
    write_sample(tmp_path, messages=MESSAGES, seed=7)
    for table, frame in frames_of(tmp_path).items():
        assert_frame_equal(frame, tables[table])


def test_another_seed_gives_other_events(tmp_path: Path, tables: dict[str, pl.DataFrame]) -> None:
    write_sample(tmp_path, messages=MESSAGES, seed=8)
    found = frames_of(tmp_path)
    assert [table for table in EVENT_TABLES if found[table].equals(tables[table])] == []


def test_a_known_seed_gives_the_rows_it_always_gave(tmp_path: Path) -> None:
    """Rows pinned by hand: a change of these is a change of everybody's sample."""
    write_sample(tmp_path, messages=1_000, seed=1)
    columns = ["order_id", "buyer_id", "paid_amount"]
    orders = pl.read_parquet(tmp_path / "orders.parquet").select(columns).head(3)
    assert orders.rows() == [
        ("S001-o000000000", "B000000065", Decimal("228.10")),
        ("S001-o000000001", "B000000000", Decimal("35.00")),
        ("S001-o000000002", "B000000035", Decimal("38.94")),
    ]


def test_the_summary_counts_the_rows_that_were_written(
    clean: tuple[SampleSummary, dict[str, pl.DataFrame]],
    dirty: tuple[SampleSummary, dict[str, pl.DataFrame]],
) -> None:
    for summary, frames in (clean, dirty):
        assert summary.rows_by_table == {table: frame.height for table, frame in frames.items()}


def test_the_summary_is_frozen(clean: tuple[SampleSummary, dict[str, pl.DataFrame]]) -> None:
    with pytest.raises(FrozenInstanceError):
        clean[0].folder = Path()  # type: ignore[misc]


@pytest.mark.parametrize("table", SHAPE_BY_TABLE)
def test_a_table_keeps_its_contract(tables: dict[str, pl.DataFrame], table: str) -> None:
    frame, shape = tables[table], SHAPE_BY_TABLE[table]
    required = [name for name in shape.kinds if name not in shape.optional]
    assert dict(frame.schema) == dict(shape.kinds)
    assert frame.select(shape.key).is_unique().all()
    assert frame.select(required).null_count().row(0) == (0,) * len(required)
    for column, labels in shape.labels.items():
        assert set(frame[column].unique()) <= set(labels)


def test_the_summary_of_a_clean_sample_has_no_bad_rows(
    clean: tuple[SampleSummary, dict[str, pl.DataFrame]],
) -> None:
    assert clean[0].bad_rows_by_reason == {}


def test_messages_cover_the_three_months_and_nothing_else(tables: dict[str, pl.DataFrame]) -> None:
    days = local_days(tables["messages"], "sent_at")
    assert (days.min(), days.max()) == (date(2026, 8, 1), date(2026, 10, 31))
    assert days.n_unique() == 92


def test_orders_refunds_and_ratings_spill_over(busy: dict[str, pl.DataFrame]) -> None:
    for table, column in (
        ("orders", "paid_at"),
        ("refunds", "completed_at"),
        ("ratings", "rated_at"),
    ):
        last = local_days(busy[table].drop_nulls(column), column).max()
        assert isinstance(last, date)
        assert last >= date(2026, 11, 1)


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("messages", "sent_at"),
        ("ratings", "rated_at"),
        ("tickets", "opened_at"),
        ("incidents", "happened_at"),
        ("shifts", "date"),
    ],
)
def test_nobody_works_before_the_first_or_after_the_last_day(
    tables: dict[str, pl.DataFrame], table: str, column: str
) -> None:
    employed = (
        tables["agents"]
        .group_by("agent_id")
        .agg(pl.col("valid_from").min(), pl.col("valid_to").fill_null(date(9999, 1, 1)).max())
    )
    rows = tables[table].with_columns(day=local_days(tables[table], column))
    outside = rows.join(employed, on="agent_id").filter(
        (pl.col("day") < pl.col("valid_from")) | (pl.col("day") >= pl.col("valid_to"))
    )
    assert outside.height == 0


def test_validities_of_an_agent_do_not_overlap(tables: dict[str, pl.DataFrame]) -> None:
    spans = (
        tables["agents"]
        .sort("agent_id", "valid_from")
        .with_columns(following=pl.col("valid_from").shift(-1).over("agent_id"))
    )
    assert (
        spans.filter(pl.col("following") < pl.col("valid_to").fill_null(date(9999, 1, 1))).height
        == 0
    )
    assert spans["following"].drop_nulls().len() > 0


def test_people_come_go_stay_away_and_answer_differently(busy: dict[str, pl.DataFrame]) -> None:
    agents = busy["agents"]
    assert set(agents["role"]) == {"presale", "aftersale", "lead"}
    assert agents.filter(
        pl.col("valid_from").is_between(date(2026, 10, 2), date(2026, 10, 31))
    ).height
    assert agents.filter(
        pl.col("valid_to").is_between(date(2026, 10, 2), date(2026, 10, 31))
    ).height
    october = busy["rounds"].filter(local_days(busy["rounds"], "asked_at") >= date(2026, 10, 1))
    presales = agents.filter(pl.col("role") == "presale")["agent_id"].unique()
    counts = Counter(october["agent_id"])
    assert min(counts[agent] for agent in presales) == 0
    assert any(0 < counts[agent] < 100 for agent in presales)
    wait = pl.col("replied_at") - pl.col("asked_at")
    in_time = (wait <= pl.duration(minutes=3)).fill_null(value=False)
    rated = (
        busy["ratings"]
        .drop_nulls("score")
        .group_by("agent_id")
        .agg(satisfied=(pl.col("score") >= 4).mean())
    )
    served = (
        october.group_by("agent_id")
        .agg(rate=in_time.mean(), n=pl.len())
        .filter(pl.col("agent_id").is_in(presales.implode()), pl.col("n") >= 100)
    )
    passed = served.join(rated, on="agent_id").select(
        (pl.col("rate") >= 0.9) & (pl.col("satisfied") >= 0.7)
    )
    share = passed.to_series().mean()
    assert isinstance(share, float)
    assert 0.6 < share < 1


@pytest.mark.parametrize("table", SHAPE_BY_TABLE)
def test_dirt_leaves_the_good_rows_as_they_are(
    clean: tuple[SampleSummary, dict[str, pl.DataFrame]],
    dirty: tuple[SampleSummary, dict[str, pl.DataFrame]],
    table: str,
) -> None:
    good, mixed = clean[1][table], dirty[1][table]
    shape = SHAPE_BY_TABLE[table]
    kept = mixed.join(good.select(shape.key), on=shape.key, how="semi", maintain_order="left")
    kept = kept.cast(pl.Schema(shape.kinds))
    assert_frame_equal(kept.unique(maintain_order=True), good)


def test_each_reason_has_the_rows_that_the_summary_says(
    clean: tuple[SampleSummary, dict[str, pl.DataFrame]],
    dirty: tuple[SampleSummary, dict[str, pl.DataFrame]],
) -> None:
    bad = Counter(dirty[0].bad_rows_by_reason)
    for table in EVENT_TABLES:
        good, mixed, shape = clean[1][table], dirty[1][table], SHAPE_BY_TABLE[table]
        added = sum(rows for (of, _), rows in bad.items() if of == table)
        assert mixed.height - good.height == added
        assert 0.03 * good.height < added < 0.08 * good.height + 40
        key = shape.key[-1]
        assert mixed[key].null_count() == bad[table, "null key"]
        known = mixed.drop_nulls(shape.key)
        copies = known.height - known.unique().height
        assert copies == bad[table, "repeated row"]
        contradicted = known.unique().filter(~pl.struct(shape.key).is_unique())
        assert contradicted.height == bad[table, "contradicted key"]
        for column, labels in shape.labels.items():
            strange = mixed.filter(~pl.col(column).is_in(labels))
            assert strange.height == bad[table, "unknown label"]
        counts = [name for name, kind in shape.kinds.items() if kind == pl.Int64]
        if counts:
            large = mixed.filter(pl.any_horizontal(pl.col(counts).abs() > 2**53))
            assert large.height == bad[table, "number out of range"]
        amounts = [name for name, kind in shape.kinds.items() if kind == MONEY]
        if amounts:
            finer = mixed.filter(
                pl.any_horizontal(pl.col(name) != pl.col(name).round(2) for name in amounts)
            )
            assert finer.height == bad[table, "fraction of a cent"]
        required = [name for name in shape.kinds if name not in shape.optional | set(shape.key)]
        unknown = mixed.filter(pl.any_horizontal(pl.col(required).is_null()))
        assert unknown.height == bad[table, "missing value"] + bad[table, "undated"]


def test_a_sample_without_messages_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="found `messages` = 0, expected at least 1"):
        write_sample(tmp_path, messages=0)


@pytest.mark.parametrize("share", [-0.1, 1.5])
def test_a_share_beyond_all_rows_is_refused(tmp_path: Path, share: float) -> None:
    with pytest.raises(ValueError, match="expected a share from 0 to 1"):
        write_sample(tmp_path, messages=10, dirty=share)


def local_days(frame: pl.DataFrame, column: str) -> pl.Series:
    values = frame[column]
    if values.dtype == pl.Date:
        return values
    return values.dt.convert_time_zone("Asia/Shanghai").dt.date()
