import math
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpi_engine.execution.reasons import REASONS, Reason

ROWS = 2400
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(*moment: int, hours: int = 8) -> int:
    """Return the instant of a local time that is so many hours ahead of UTC."""
    instant = datetime(*moment).replace(tzinfo=UTC) - timedelta(hours=hours)  # type: ignore[arg-type]
    return (instant - EPOCH) // timedelta(microseconds=1)


# declaration, physical type, pairs of given and kept values, pairs of given values and reasons
CASES: dict[str, tuple[str, pl.DataType, list[tuple[Any, Any]], list[tuple[Any, str]]]] = {
    "text": ("text", pl.String(), [("a", "a"), ("中 ", "中 "), ("e\u0301", "é")], [(None, "missing_value"), ("", "missing_value"), ("?", "missing_value")]),
    "optional text": ("optional text", pl.String(), [("a", "a"), (None, None), ("?", None)], []),
    "labels": ("buyer | agent", pl.String(), [("buyer", "buyer"), ("agent", "agent")], [("Buyer", "unknown_label"), ("robot", "unknown_label"), (None, "missing_value")]),
    "labels of a categorical": ("buyer | agent", pl.Categorical(), [("buyer", "buyer")], [("robot", "unknown_label")]),
    "bool": ("bool", pl.Boolean(), [(True, True), (False, False)], [(None, "missing_value")]),
    "bool in text": ("bool", pl.String(), [("true", True), ("FALSE", False), ("1", True), ("0", False), ("Yes", True), ("no", False), ("是", True), ("否", False), (" TRUE ", True)], [("maybe", "not_a_condition"), ("2", "not_a_condition"), ("", "missing_value")]),
    "bool in integers": ("bool", pl.Int8(), [(1, True), (0, False)], [(2, "not_a_condition")]),
    "int": ("int", pl.Int64(), [(3, 3), (-(2**53), -(2**53)), (2**53, 2**53)], [(2**53 + 1, "out_of_range"), (-(2**63), "out_of_range")]),
    "int in unsigned": ("int", pl.UInt64(), [(3, 3)], [(2**64 - 1, "out_of_range")]),
    "int in 128 bits": ("int", pl.Int128(), [(3, 3)], [(2**100, "out_of_range")]),
    "int in floats": ("int", pl.Float64(), [(3.0, 3), (-0.0, 0), (2.0**53, 2**53)], [(3.5, "not_whole"), (2.0**54, "out_of_range"), (float("nan"), "not_a_number"), (float("inf"), "not_a_number"), (1e300, "out_of_range")]),
    "int in decimals": ("int", pl.Decimal(20, 2), [(Decimal("3.00"), 3)], [(Decimal("3.50"), "not_whole"), (Decimal(2**53 + 1), "out_of_range")]),
    "int in text": ("int", pl.String(), [("3", 3), ("+3", 3), ("-3", -3), ("007", 7), ("3.00", 3), (" 3 ", 3)], [("3.5", "not_whole"), ("three", "not_a_number"), ("1e3", "not_a_number"), ("１", "not_a_number"), ("9007199254740993", "out_of_range"), ("9" * 60, "out_of_range"), ("-", "not_a_number"), (".", "not_a_number")]),
    "number": ("number", pl.String(), [("1.5", 1500000), ("-0.000001", -1), ("2.50000000", 2500000), ("5.", 5000000), (".5", 500000)], [("0.0000001", "too_many_decimals"), ("1,5", "not_a_number"), ("9007199255", "out_of_range"), ("nan", "not_a_number")]),
    "number in floats": ("number", pl.Float64(), [(0.1 + 0.2, 300000), (1e-6, 1), (4.7, 4700000), (1234567.123456, 1234567123456), (9007199254.0, 9007199254000000)], [(1e-7, "too_many_decimals"), (1 / 3, "too_many_decimals"), (9007199255.0, "out_of_range"), (float("nan"), "not_a_number")]),
    "number in decimals": ("number", pl.Decimal(38, 10), [(Decimal("1.5"), 1500000)], [(Decimal("0.0000000001"), "too_many_decimals"), (Decimal("1e20"), "out_of_range")]),
    "number in integers": ("number", pl.Int32(), [(3, 3000000)], []),
    "money": ("money", pl.Decimal(18, 3), [(Decimal("19.990"), 1999), (Decimal("-0.010"), -1)], [(Decimal("19.999"), "too_many_decimals"), (Decimal("0.001"), "too_many_decimals")]),
    "money in integers": ("money", pl.Int64(), [(300, 30000)], [(2**53 // 100 + 1, "out_of_range")]),
    "money in floats": ("money", pl.Float64(), [(19.99, 1999), (0.1 + 0.2, 30), (19.99 + 1e-9, 1999), (9999999999999.98, 999999999999998), (1234567890.12, 123456789012)], [(19.999, "too_many_decimals"), (19.99 + 1e-7, "too_many_decimals"), (1e14, "out_of_range"), (90071992547409.91, "out_of_range"), (float("inf"), "not_a_number")]),
    "money in text": ("money", pl.String(), [("300", 30000), ("19.99", 1999), ("19.9", 1990), ("-19.9900", -1999)], [("19.999", "too_many_decimals"), ("¥5", "not_a_number"), ("1,234.50", "not_a_number"), ("99999999999999.99", "out_of_range")]),
    "money in minor units": ("{kind: money, in: minor}", pl.Int64(), [(1999, 1999)], [(2**60, "out_of_range")]),
    "money in minor units in text": ("{kind: money, in: minor}", pl.String(), [("1999", 1999)], [("19.99", "not_whole")]),
    "datetime": ("datetime", pl.Datetime("us", "UTC"), [(datetime(2026, 10, 1, tzinfo=UTC), microseconds(2026, 10, 1, hours=0))], [(None, "missing_value"), (datetime(9999, 1, 1, tzinfo=UTC), "out_of_range")]),
    "datetime in milliseconds": ("datetime", pl.Datetime("ms", "UTC"), [(datetime(2026, 10, 1, tzinfo=UTC), microseconds(2026, 10, 1, hours=0))], [(datetime(9999, 1, 1, tzinfo=UTC), "out_of_range")]),
    "datetime in nanoseconds": ("datetime", pl.Datetime("ns", "Asia/Tokyo"), [(datetime(2026, 10, 1, tzinfo=UTC), microseconds(2026, 10, 1, hours=0))], []),
    "naive datetime": ("datetime", pl.Datetime("us"), [(datetime(2026, 3, 29, 3), microseconds(2026, 3, 29, 3, hours=2)), (datetime(2026, 1, 1), microseconds(2026, 1, 1, hours=1))], [(datetime(2026, 3, 29, 2, 30), "nonexistent_time"), (datetime(2026, 10, 25, 2, 30), "ambiguous_time"), (datetime(1500, 1, 1), "out_of_range"), (datetime(9999, 12, 31), "out_of_range")]),
    "naive datetime in milliseconds": ("datetime", pl.Datetime("ms"), [(datetime(2026, 3, 29, 3), microseconds(2026, 3, 29, 3, hours=2))], [(datetime(2026, 3, 29, 2, 30), "nonexistent_time"), (datetime(2026, 10, 25, 2), "ambiguous_time")]),
    "datetime in text": ("datetime", pl.String(), [("2026-10-01T08:00:00Z", microseconds(2026, 10, 1, 8, hours=0)), ("2026-10-01 08:00:00.25", microseconds(2026, 10, 1, 8, 0, 0, 250000, hours=2)), ("2026-10-01T08:00+08:00", microseconds(2026, 10, 1, 8)), ("2026-10-01 08:00:00.123456789-0530", microseconds(2026, 10, 1, 13, 30, 0, 123456, hours=0)), ("2026-10-25T02:30:00+01:00", microseconds(2026, 10, 25, 2, 30, hours=1)), (" 2026-01-01 08:00 ", microseconds(2026, 1, 1, 8, hours=1))], [("2026-03-29 02:30", "nonexistent_time"), ("2026-10-25 02:30:00", "ambiguous_time"), ("2026-02-30 08:00", "not_a_time"), ("2026-10-01", "not_a_time"), ("soon", "not_a_time"), ("2026-10-01T24:00:00", "not_a_time"), ("2300-01-01T00:00:00Z", "out_of_range")]),
    "datetime of a format": ("{kind: datetime, format: '%d-%m-%Y %H:%M'}", pl.String(), [("29-02-2016 01:16", microseconds(2016, 2, 29, 1, 16, hours=1))], [("30-02-2016 01:16", "not_a_time"), ("2016-02-29T01:16:00", "not_a_time"), ("27-03-2016 02:30", "nonexistent_time"), ("30-10-2016 02:30", "ambiguous_time")]),
    "datetime of a format with an offset": ("{kind: datetime, format: '%Y/%m/%d %H:%M %z'}", pl.String(), [("2026/10/25 02:30 +0100", microseconds(2026, 10, 25, 2, 30, hours=1))], [("2026/10/25 02:30", "not_a_time")]),
    "date": ("date", pl.Date(), [(date(2026, 10, 1), 20727), (date(1969, 12, 31), -1)], [(None, "missing_value")]),
    "date in text": ("date", pl.String(), [("2026-10-01", 20727)], [("2026-02-29", "not_a_date"), ("2026-1-1", "not_a_date"), ("01.10.2026", "not_a_date")]),
    "date of a format": ("{kind: date, format: '%d.%m.%Y'}", pl.String(), [("01.10.2026", 20727)], [("2026-10-01", "not_a_date")]),
    "date at midnight": ("date", pl.Datetime("ns"), [(datetime(2026, 10, 1), 20727)], [(datetime(2026, 10, 1, 1), "not_a_date")]),
    "month": ("month", pl.String(), [("2026-10", 2026 * 12 + 9), ("1999-01", 1999 * 12)], [("2026-13", "not_a_month"), ("2026-1", "not_a_month"), ("10/2026", "not_a_month")]),
}  # fmt: skip


def rows_with(dtype, good, bad):
    """Rows of good values with bad ones at random places, and what is to come of each."""
    random.seed(len(good) * 31 + len(bad))
    chosen = [
        random.choice(bad) if bad and random.random() < 0.1 else random.choice(good)
        for _ in range(ROWS)
    ]
    wrong = {id(case) for case in bad}
    accepted = {index: case[1] for index, case in enumerate(chosen) if id(case) not in wrong}
    rejected = {index: case[1] for index, case in enumerate(chosen) if id(case) in wrong}
    values = pl.Series("x", [case[0] for case in chosen], dtype=dtype, strict=False)
    return pl.DataFrame({"id": [f"r{i}" for i in range(ROWS)], "x": values}), accepted, rejected


def of_berlin(table_of, kind):
    return table_of(f"missing: ['?']\ncolumns: {{id: text, x: {kind}}}", zone="Europe/Berlin")


@pytest.mark.parametrize("source", ["frame", "lazy", "parquet"])
@pytest.mark.parametrize("case", CASES)
def test_values_are_kept_exactly_or_rejected_with_their_reason(table_of, admit, case, source):
    kind, dtype, good, bad = CASES[case]
    frame, accepted, rejected = rows_with(dtype, good, bad)
    result = admit(of_berlin(table_of, kind), frame, source, zone="Europe/Berlin")
    kept = result.rows.collect()
    assert dict(zip(kept["id"], kept["x"], strict=True)) == {
        f"r{i}": v for i, v in accepted.items()
    }
    assert result.rejects.rows() == [("rows", i, "x", reason) for i, reason in rejected.items()]
    assert result.rejected.height == len(rejected)
    assert result.height == ROWS


@pytest.mark.parametrize("case", [name for name, case in CASES.items() if case[1] == pl.String])
def test_a_csv_file_reads_as_a_frame_of_its_texts(table_of, admit, case):
    kind, dtype, good, bad = CASES[case]
    frame, accepted, rejected = rows_with(dtype, good, bad)
    result = admit(of_berlin(table_of, kind), frame, "csv", zone="Europe/Berlin")
    kept = result.rows.collect()
    assert dict(zip(kept["id"], kept["x"], strict=True)) == {
        f"r{i}": v for i, v in accepted.items()
    }
    assert result.rejects.rows() == [("rows", i, "x", reason) for i, reason in rejected.items()]


def test_every_reason_of_the_table_is_shown_by_a_case():
    shown = {reason for _, _, _, bad in CASES.values() for _, reason in bad}
    assert shown | {"duplicate_row", "conflicting_key"} == set(REASONS) == set(get_args(Reason))


def test_kept_values_have_the_storage_type_of_their_kind(table_of, admit):
    columns = "{id: text, q: number, i: int, m: money, b: bool, t: datetime, d: date, mo: month}"
    frame = pl.DataFrame(
        {
            "id": ["1"],
            "q": ["1"],
            "i": ["1"],
            "m": ["1"],
            "b": ["1"],
            "t": ["2026-10-01T00:00:00Z"],
            "d": ["2026-10-01"],
            "mo": ["2026-10"],
        }
    )
    schema = admit(table_of(f"columns: {columns}"), frame).rows.collect_schema()
    assert {name: dtype for name, dtype in schema.items() if name != "agent_id"} == {
        "id": pl.String, "q": pl.Int64, "i": pl.Int64, "m": pl.Int64, "b": pl.Boolean,
        "t": pl.Int64, "d": pl.Int64, "mo": pl.Int64,
    }  # fmt: skip


def test_a_default_fills_what_is_missing_and_never_what_is_wrong(table_of, admit):
    columns = "{id: text, b: bool = true, q: number = 1.5, m: optional money = 2 CNY, l: u | v = v, d: date = 1970-01-02}"
    missing = {"id": ["1"], "b": [None], "q": [""], "m": ["?"], "l": [None], "d": [""]}
    wrong = {"id": ["2"], "b": ["x"], "q": ["x"], "m": ["x"], "l": ["x"], "d": ["x"]}
    frame = pl.concat(
        [
            pl.DataFrame(missing, schema_overrides=dict.fromkeys(missing, pl.String)),
            pl.DataFrame(wrong),
        ]
    )
    result = admit(table_of(f"missing: ['?']\ncolumns: {columns}"), frame)
    assert result.rows.select("id", "b", "q", "m", "l", "d").collect().rows() == [
        ("1", True, 1500000, 200, "v", 1)
    ]
    assert set(result.rejects["column"]) == {"b", "q", "m", "l", "d"}


def test_columns_that_are_not_declared_are_not_read(table_of, admit):
    frame = pl.DataFrame({"id": ["1"], "x": ["2"], "other": [object()]})
    assert admit(table_of("columns: {id: text, x: int}"), frame).rows.collect()["x"].to_list() == [
        2
    ]


def test_a_column_is_found_under_the_header_its_declaration_names(table_of, admit):
    table = table_of("columns: {id: text, x: {kind: int, column: Wert in €}}")
    assert admit(table, pl.DataFrame({"id": ["1"], "Wert in €": [2]})).rows.collect()[
        "x"
    ].to_list() == [2]


def test_the_value_stands_in_rejects_on_request_alone(table_of, admit):
    table, frame = table_of("columns: {id: text, x: int}"), pl.DataFrame({"id": ["1"], "x": ["?!"]})
    assert admit(table, frame).rejects.columns == ["table", "row", "column", "reason"]
    assert admit(table, frame, values=True).rejects["value"].to_list() == ["?!"]


def test_a_row_is_rejected_once_for_each_wrong_value(table_of, admit):
    result = admit(
        table_of("columns: {id: text, x: int, z: int}"),
        pl.DataFrame({"id": ["1"], "x": ["a"], "z": ["b"]}),
    )
    assert result.rejects["column"].to_list() == ["x", "z"]
    assert result.rejected.height == 1


def test_a_row_whose_clock_cannot_be_read_says_so(table_of, admit):
    table = table_of("dated: t\ncolumns: {id: text, t: optional date, x: int}")
    frame = pl.DataFrame(
        {"id": ["1", "2", "3"], "t": ["never", None, "1970-01-05"], "x": ["a", "a", "a"]}
    )
    assert sorted(admit(table, frame).rejected.rows()) == [
        (0, None, True, False),
        (1, None, False, False),
        (2, 4, False, False),
    ]


KEYED = "columns: {id: text, x: optional int, z: money}"


def keyed_rows(copies: int) -> pl.DataFrame:
    once = [{"id": f"good{i}", "x": i, "z": f"{i}.50"} for i in range(1500)]
    equal = [
        {"id": f"equal{i}", "x": None, "z": "1.0" if copy else "1"}
        for i in range(50)
        for copy in range(copies)
    ]
    other = [
        {"id": f"other{i}", "x": copy and 7, "z": "1"} for i in range(50) for copy in range(copies)
    ]
    blank = [
        {"id": f"blank{i}", "x": None if copy else 1, "z": "1"}
        for i in range(50)
        for copy in range(2)
    ]
    broken = [{"id": f"good{i}", "x": 9, "z": "?!"} for i in range(50)]
    return pl.DataFrame([*once, *equal, *other, *blank, *broken])


@pytest.mark.parametrize("source", ["frame", "parquet", "csv"])
@pytest.mark.parametrize("copies", [2, 3])
def test_equal_rows_are_one_row_and_rows_that_differ_are_none(table_of, admit, source, copies):
    result = admit(table_of(KEYED), keyed_rows(copies), source)
    ids = result.rows.select("id").collect().to_series().to_list()
    assert sorted(ids) == sorted(
        [f"good{i}" for i in range(1500)] + [f"equal{i}" for i in range(50)]
    )
    counts = dict(result.rejects.group_by("reason").len().iter_rows())
    assert counts == {
        "duplicate_row": 50 * (copies - 1),
        "conflicting_key": 50 * copies + 100,
        "not_a_number": 50,
    }
    assert set(result.rejects.filter(pl.col("reason") != "not_a_number")["column"]) == {"id"}


def test_which_rows_are_accepted_does_not_depend_on_their_order(table_of, admit):
    frame, table = keyed_rows(3), table_of(KEYED)
    kept = {
        tuple(
            sorted(
                admit(table, frame.sample(fraction=1, shuffle=True, seed=seed))
                .rows.select("id", "x", "z")
                .collect()
                .rows(),
                key=repr,
            )
        )
        for seed in range(6)
    }
    assert len(kept) == 1


def test_a_key_of_several_columns_may_hold_missing_values(table_of, admit):
    table = table_of("key: [id, part]\ncolumns: {id: text, part: optional text, x: int}")
    frame = pl.DataFrame(
        {
            "id": ["1", "1", "1", "2", "2"],
            "part": [None, "a", None, None, None],
            "x": [1, 2, 1, 1, 2],
        }
    )
    result = admit(table, frame)
    assert sorted(result.rows.select("id", "part").collect().rows(), key=repr) == [
        ("1", "a"),
        ("1", None),
    ]
    assert [row[1:] for row in result.rejects.rows()] == [
        (2, "id, part", "duplicate_row"), (3, "id, part", "conflicting_key"), (4, "id, part", "conflicting_key"),
    ]  # fmt: skip


def test_the_key_of_slowly_changing_rows_includes_where_they_start(table_of, admit):
    table = table_of(
        "valid: [since, until]\ncolumns: {id: text, since: date, until: optional date, x: int}"
    )
    frame = pl.DataFrame(
        {
            "id": ["1"] * 4,
            "since": ["2026-01-01", "2026-02-01", "2026-03-01", "2026-03-01"],
            "until": ["2026-02-01", None, None, None],
            "x": [1, 2, 3, 4],
        }
    )
    result = admit(table, frame)
    assert sorted(result.rows.collect()["x"]) == [1, 2]
    assert set(result.rejects["reason"]) == {"conflicting_key"}


@pytest.mark.parametrize("key", ["id", "[id, item]"])
def test_the_key_of_a_long_table_includes_the_name_exactly_as_it_is_given(table_of, admit, key):
    table = table_of(
        f"key: {key}\nlong: {{name: item, value: x}}\ncolumns: {{id: text, item: text, x: int}}"
    )
    items = ["礼貌", "礼貌 ", "e\u0301", "é", "专业", "专业", "Manners", "manners"]
    frame = pl.DataFrame({"id": "1", "item": items, "x": [1, 2, 3, 4, 5, 5, 7, 8]})
    result = admit(table, frame)
    kept = result.rows.select("item", "x").collect().rows()
    assert sorted(kept) == [("Manners", 7), ("manners", 8), ("专业", 5), ("礼貌", 1), ("礼貌 ", 2)]
    assert [(row[1], row[3]) for row in result.rejects.rows()] == [
        (2, "conflicting_key"),
        (3, "conflicting_key"),
        (5, "duplicate_row"),
    ]


def test_a_table_not_held_to_its_key_keeps_every_row(table_of, admit):
    frame = pl.DataFrame({"id": ["1", "1"], "x": [1, 2], "z": ["1", "1"]})
    assert admit(table_of(KEYED), frame, keyed=False).rows.collect().height == 2


MINOR = st.integers(-(2**53), 2**53)


@pytest.mark.parametrize("source", ["frame", "parquet"])
@pytest.mark.parametrize("form", ["text", "decimal", "float"])
def test_hundreds_of_thousands_of_amounts_are_kept_to_the_cent(table_of, admit, form, source):
    rng = random.Random(20261001)
    widest = 2**53 if form != "float" else 10**15
    amounts = [
        rng.randint(-(limit := min(10 ** rng.randint(1, 16), widest)), limit)
        for _ in range(300_000)
    ]
    written = [Decimal(amount).scaleb(-2) for amount in amounts]
    given = {
        "text": lambda: pl.Series([f"{w:f}" for w in written]),
        "decimal": lambda: pl.Series(written, dtype=pl.Decimal(38, 4)),
        "float": lambda: pl.Series([float(w) for w in written]),
    }[form]()
    frame = pl.DataFrame({"id": pl.int_range(300_000, eager=True).cast(pl.String), "x": given})
    result = admit(table_of("columns: {id: text, x: money}"), frame, source)
    assert result.rejects.is_empty()
    assert result.rows.collect()["x"].to_list() == amounts


def test_sums_of_floats_are_kept_to_the_cent_though_they_are_noisy(table_of, admit):
    rng = random.Random(7)
    parts = [[rng.randint(1, 10**6) for _ in range(20)] for _ in range(20_000)]
    frame = pl.DataFrame(
        {
            "id": [str(i) for i in range(len(parts))],
            "x": [sum(p / 100 for p in part) for part in parts],
        }
    )
    result = admit(table_of("columns: {id: text, x: money}"), frame)
    assert result.rows.collect()["x"].to_list() == [sum(part) for part in parts]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts=st.lists(MINOR, min_size=1, max_size=30), digits=st.integers(2, 20))
def test_decimals_of_any_scale_are_the_amounts_they_write(table_of, admit, amounts, digits):
    written = pl.Series([Decimal(a).scaleb(-2) for a in amounts], dtype=pl.Decimal(38, digits))
    frame = pl.DataFrame({"id": [str(i) for i in range(len(amounts))], "x": written})
    result = admit(table_of("columns: {id: text, x: money}"), frame)
    assert result.rows.collect()["x"].to_list() == amounts


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.floats())
def test_a_float_is_an_amount_only_where_it_is_next_to_one(table_of, admit, value):
    frame = pl.DataFrame({"id": [str(i) for i in range(1200)], "x": [value] * 1200})
    kept = (
        admit(table_of("columns: {id: text, x: money}"), frame)
        .rows.collect()["x"]
        .unique()
        .to_list()
    )
    if kept:
        off = abs(Decimal(value).scaleb(2) - kept[0])
        assert off <= Decimal("1.000001e-6") or value == float(Decimal(kept[0]).scaleb(-2))
    elif math.isfinite(value) and abs(value) < 10**12:
        assert value != float(Decimal(round(value * 100)).scaleb(-2))


def test_hostile_texts_and_extreme_times_never_crash_a_read(table_of, admit):
    texts = [
        "",
        " ",
        "\x00",
        "-" * 500,
        "9" * 400,
        "+.e",
        "٣",
        "𝟙",
        "1_000",
        "0x10",
        "1e400",
        "--1",
        "1.2.3",
        "∞",
    ] * 100
    frame = pl.DataFrame(
        {
            "id": [str(i) for i in range(len(texts))],
            **dict.fromkeys(("q", "m", "b", "t", "d", "p"), texts),
        }
    )
    result = admit(
        table_of(
            "columns: {id: text, q: number, m: money, b: bool, t: datetime, d: date, p: month}"
        ),
        frame,
    )
    assert result.rows.collect().is_empty()
    extreme = pl.Series([2**63 - 1, -(2**63) + 1, 2**60, -(2**60)] * 300, dtype=pl.Int64)
    for unit in ("ms", "us", "ns"):
        for zone in (None, "UTC"):
            moments = pl.DataFrame(
                {"id": [str(i) for i in range(1200)], "t": extreme.cast(pl.Datetime(unit, zone))}
            )
            reasons = set(
                admit(table_of("columns: {id: text, t: datetime}"), moments).rejects["reason"]
            )
            assert reasons <= {"out_of_range", "nonexistent_time", "ambiguous_time"}
