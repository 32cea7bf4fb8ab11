"""Random rows of declared tables: unknowns, ties, edges of days and months, and clock changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from tests.properties.pages import HELPER

from kpi_engine.language.kinds import Kind
from kpi_engine.plan.period import Window, period_window
from kpi_engine.reference.values import Row, Value
from kpi_engine.ruleset.checked import Column, Ruleset, Table

MINUTE = 60 * 10**6
DAY = 86_400 * 10**6
WIDEST = 2**53
LARGE = 1_200
"""More rows than Polars keeps in one piece when it splits work."""

TEXTS = ("A", "B", "C", "it's", "客服", " a", "\t")
STRANGER = "nobody"


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many rows of which sort: ``wide`` ones hold numbers up to 2**53, few of them.

    All times and days are some of so many ``moments``, where that is said.
    """

    seed: int
    subjects: int
    rows: int
    unknown: float
    wide: bool
    moments: int | None = None


def crowds() -> st.SearchStrategy[Crowd]:
    """Tiny, small, empty and large tables; of the large ones some have as many subjects as rows."""
    sizes = st.one_of(
        st.tuples(st.integers(1, 3), st.integers(0, 6)),
        st.tuples(st.integers(1, 8), st.integers(5, 60)),
        st.sampled_from([(4, 0), (1, 40), (40, 40)]),
    )
    return st.builds(
        lambda seed, size, unknown, wide: Crowd(seed, size[0], size[1], unknown, wide=wide),
        st.integers(0, 2**32),
        sizes,
        st.sampled_from((0.0, 0.15, 0.5, 1.0)),
        st.sampled_from((False, False, False, True)),
    )


def random_tables(ruleset: Ruleset, period: str, crowd: Crowd) -> dict[str, list[Row]]:
    """Return rows for every input of a ruleset; the roster holds nobody twice."""
    random = Random(crowd.seed)
    roster = ruleset.tables[ruleset.subject.table]
    people = _roster_rows(ruleset, roster, period, crowd, random)
    keys = [tuple(row[name] for name in ruleset.subject.key) for row in people]
    found: dict[str, list[Row]] = {roster.name: people}
    for table in ruleset.tables.values():
        if table.origin is None and table.name != roster.name:
            found[table.name] = _event_rows(ruleset, table, period, crowd, keys, random)
    return found


def random_history(
    ruleset: Ruleset, period: str, crowd: Crowd, names: Mapping[str, Kind]
) -> list[Row]:
    """Return months of subjects, some of them gone: earlier ones, this one, and one to come.

    Nobody has a month twice; values are of ``names``, few of them different.
    """
    random = Random(crowd.seed + 1)
    roster = ruleset.tables[ruleset.subject.table]
    now = _window(period, "UTC", 0).month
    rows: list[Row] = []
    for number in range(crowd.subjects + 1) if names else ():
        key = _subject_key(ruleset, roster, number)
        ages = (1, 2, 3, 4, 11, 12, 13, 0, -1)
        for ago in random.sample(ages, random.choice((0, 1, 2, 5, 9))):
            values = {
                name: None
                if random.random() < crowd.unknown
                else _past_value(ruleset, name, kind, period, random)
                for name, kind in names.items()
            }
            rows.append({**key, "period": now - ago, **values})
    return rows


def _past_value(ruleset: Ruleset, name: str, kind: Kind, period: str, random: Random) -> Value:
    match kind:
        case Kind.NUMBER | Kind.RATIO:
            shown = ("0", "0.5", "1", "0.333333333", "70", "69.99", "-2.5", "100")
            return Fraction(random.choice(shown))
        case Kind.MONEY | Kind.DURATION:
            return Fraction(random.choice((0, 1, -1, 7, 5050, 180 * 10**6)))
        case Kind.BOOL:
            return random.random() < 0.5
        case Kind.TEXT:
            metric = ruleset.metrics.get(name)
            return random.choice((metric and metric.type.labels) or TEXTS)
        case Kind.DATETIME:
            return _instant(ruleset, period, random)
        case Kind.DATE:
            return _day(period, random)
        case _:
            return _window(period, "UTC", 0).month + random.choice((0, -1))


def shuffled(tables: Mapping[str, Sequence[Row]], seed: int) -> dict[str, list[Row]]:
    """Return the same rows in another order."""
    random = Random(seed)
    return {name: random.sample(list(rows), len(rows)) for name, rows in tables.items()}


def _roster_rows(
    ruleset: Ruleset, table: Table, period: str, crowd: Crowd, random: Random
) -> list[Row]:
    rows: list[Row] = []
    for number in range(crowd.subjects):
        key = _subject_key(ruleset, table, number)
        starts: set[Value] = set()
        for _ in range(random.choice((1, 1, 2)) if table.valid is not None else 1):
            row = _row(ruleset, table, period, crowd, random) | key
            if table.valid is not None and row[table.valid[0]] in starts:
                continue
            starts.add(row[table.valid[0]] if table.valid is not None else None)
            rows.append(row)
    return rows


def _subject_key(ruleset: Ruleset, table: Table, number: int) -> dict[str, Value]:
    columns = {column.name: column for column in table.columns}
    values: list[Value] = []
    for place, name in enumerate(ruleset.subject.key):
        digit = number % 2 if place < len(ruleset.subject.key) - 1 else number
        of_kind = columns[name].type.kind
        values.append(Fraction(digit) if of_kind is Kind.NUMBER else f"p{digit}")
    return dict(zip(ruleset.subject.key, values, strict=True))


def _event_rows(
    ruleset: Ruleset,
    table: Table,
    period: str,
    crowd: Crowd,
    keys: Sequence[tuple[Value, ...]],
    random: Random,
) -> list[Row]:
    optional = {column.name for column in table.columns if column.type.nullable}
    declared = {column.name for column in table.columns}
    # Of two rows of one moment, either may come first.
    ids = Random(crowd.seed).sample(range(crowd.rows), crowd.rows)
    rows: list[Row] = []
    for number in ids:
        row = _row(ruleset, table, period, crowd, random)
        owner = random.choice(keys) if keys else None
        for place, name in enumerate(ruleset.subject.key):
            if name in declared and owner is not None and random.random() < 0.93:
                row[name] = owner[place]
            if name in optional and random.random() < crowd.unknown / 4:
                row[name] = None
        if HELPER in declared and keys and row[HELPER] is not None:
            row[HELPER] = random.choice(keys)[-1]
        if "id" in declared:
            row["id"] = Fraction(number)
        rows.append(row)
    by_identity = {tuple(row[name] for name in table.identity): row for row in rows}
    return list(by_identity.values())


def _row(
    ruleset: Ruleset, table: Table, period: str, crowd: Crowd, random: Random
) -> dict[str, Value]:
    return {
        column.name: None
        if column.type.nullable and random.random() < crowd.unknown
        else _value(ruleset, column, period, crowd, random)
        for column in table.columns
    }


def _value(ruleset: Ruleset, column: Column, period: str, crowd: Crowd, random: Random) -> Value:
    match column.type.kind:
        case Kind.NUMBER if column.type.whole:
            return Fraction(_whole(crowd, random))
        case Kind.NUMBER:
            return _decimal(crowd, random)
        case Kind.MONEY:
            return Fraction(_whole(crowd, random) * random.choice((1, 1, 50)))
        case Kind.BOOL:
            return random.random() < 0.5
        case Kind.TEXT:
            return random.choice(column.type.labels or (*TEXTS, STRANGER))
        case Kind.DATETIME:
            return _instant(ruleset, period, _of_few(crowd, random))
        case Kind.DATE:
            return _day(period, _of_few(crowd, random))
        case Kind.MONTH:
            return _window(period, "UTC", 0).month + random.choice((0, 0, 0, -1, 1, 12))
        case kind:
            raise ValueError(kind)


def _of_few(crowd: Crowd, random: Random) -> Random:
    """Return what draws one of the few moments of a crowd, or any where it has no few."""
    if crowd.moments is None:
        return random
    return Random(crowd.seed * crowd.moments + random.randrange(crowd.moments))


def _whole(crowd: Crowd, random: Random) -> int:
    if crowd.wide and random.random() < 0.1:
        return random.choice((1, -1)) * (WIDEST // 50)
    if random.random() < 0.5:
        return random.choice((0, 1, -1, 2, 3, 7, 35, 49, 100))
    return random.randint(-200, 2000)


def _decimal(crowd: Crowd, random: Random) -> Fraction:
    if crowd.wide and random.random() < 0.1:
        return Fraction(random.choice((WIDEST, -WIDEST, WIDEST - 1)), 10**6)
    if random.random() < 0.5:
        return Fraction(random.choice(("0", "1", "-1", "0.5", "-2.5", "0.2", "2.675", "49", "70")))
    return Fraction(random.randint(-(10**9), 10**9), random.choice((10**6, 10**6, 1000 * 10**3)))


@lru_cache
def _window(period: str, zone: str, day_starts: int) -> Window:
    return period_window(period, zone, day_starts)


def _day(period: str, random: Random) -> date:
    window = _window(period, "UTC", 0)
    return random.choice((window.first_day, window.last_day, window.first_day)) + timedelta(
        days=random.choice((0, 0, -1, 1, random.randint(-40, 40)))
    )


def _instant(ruleset: Ruleset, period: str, random: Random) -> int:
    window = _window(period, ruleset.zone, ruleset.day_starts)
    edges = (window.start, window.end, *clock_changes(ruleset.zone, window.first_day.year))
    chance = random.random()
    if chance < 0.3:
        return random.choice(edges) + random.choice((0, -1, 1, -MINUTE, 60 * MINUTE, -60 * MINUTE))
    if chance < 0.6:
        midnight = window.start - ruleset.day_starts * MINUTE + random.randint(-2, 32) * DAY
        return midnight + random.choice((0, -1, 1, -MINUTE, 480 * MINUTE, 1380 * MINUTE, DAY // 2))
    return random.randint(window.start - 5 * DAY, window.end + 5 * DAY)


@lru_cache
def clock_changes(zone: str, year: int) -> tuple[int, ...]:
    """Return the instants of a year at which a zone sets its clocks, as UTC microseconds."""
    clock, epoch = ZoneInfo(zone), datetime(1970, 1, 1, tzinfo=UTC)
    moment = datetime(year, 1, 1, tzinfo=UTC)
    found: list[int] = []
    while moment.year == year:
        after = moment + timedelta(minutes=30)
        if moment.astimezone(clock).utcoffset() != after.astimezone(clock).utcoffset():
            found.append((after - epoch) // timedelta(microseconds=1))
        moment = after
    return tuple(found)
