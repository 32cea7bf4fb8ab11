"""Random people: what the roster says of each, in numbers that lie where a rule turns."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from random import Random

import polars as pl
from tests.pay_oracle.amounts import HALF, decimals, half_place

Person = dict[str, Fraction | None]
"""The columns of one person; money in minor units, key and shop by their numbers."""

MONEY = ("sales", "goal", "wage", "bonus")
MICRO = 10**6
UNIT = {**dict.fromkeys(MONEY, 1), "pieces": 1, "days": 2, "due": 4, "work": MICRO}
UNIT |= dict.fromkeys(("first", "second", "third"), MICRO)
"""How many steps each column has to a whole: money is drawn by the minor unit."""

KINDS = {
    "agent_id": "text",
    "shop_id": "text",
    **dict.fromkeys(("sales", "wage"), "optional money"),
    **dict.fromkeys(("goal", "bonus"), "money"),
    **dict.fromkeys(("days", "due", "work"), "number"),
    "pieces": "int",
    **dict.fromkeys(("first", "second", "third"), "optional number"),
}


def draw_people(random: Random, number: int) -> list[Person]:
    """Return people in shops of one to forty, many of them equal in what they are ranked by."""
    people: list[Person] = []
    shop = 0
    while len(people) < number:
        shop += 1
        size = random.choice((1, 2, 3, 3, 7, 8, 10, 40))
        few = random.random() < HALF
        for _ in range(min(size, number - len(people))):
            people.append(_person(random, len(people), shop, few=few))
    return people


def _person(random: Random, key: int, shop: int, *, few: bool) -> Person:
    """Return a person; ``few`` takes the numbers from a handful, so that several have the same."""
    top = 3 if few else 10 ** random.randint(2, 8)
    step = random.choice((1, 50, 10_000)) if few else 1
    due = random.choice((22, 22, 26, Fraction(87, 4), 0 if random.random() < 0.05 else 21))
    drawn: Person = {
        "key": Fraction(key),
        "shop": Fraction(shop),
        "sales": Fraction(random.randint(-top // 4, top) * step),
        "goal": Fraction(random.randint(1, top) * step),
        "wage": Fraction(random.randint(0, top) * step),
        "bonus": Fraction(random.randint(0, 10**5)),
        "pieces": Fraction(random.randint(0, 3 if few else 2000)),
        "due": Fraction(due),
        "days": Fraction(random.randint(0, int(due * 2)), 2),
        "work": Fraction(random.randint(0, 3 if few else 3 * MICRO), 1 if few else MICRO),
    }
    for mark in ("first", "second", "third"):
        places = random.choice((1, 100, MICRO))
        drawn[mark] = Fraction(random.randint(0, 100 * places), places)
    for name in ("sales", "wage", "first", "second", "third"):
        if random.random() < 1 / 40:
            drawn[name] = None
    return drawn


def aim(
    random: Random,
    person: Person,
    column: str,
    bounds: Sequence[Fraction],
    amount: Callable[[Person], Fraction | None],
) -> None:
    """Move one column of a person to a bound, beside it, or to where the amount ends in a half."""
    unit = UNIT[column]
    if person[column] is None:
        return
    if bounds and random.random() < 0.6:
        person[column] = random.choice(bounds) + Fraction(random.choice((-1, 0, 0, 1)), unit)
    if random.random() < 0.4:
        return
    start = person[column] or Fraction(0)
    near = int(start * unit)
    at, after = amount(person), amount(person | {column: start + Fraction(1, unit)})
    if at is None or after is None:
        return
    place = half_place(at - (after - at) * near, after - at, near)
    if place is not None and place - near < 10**6 * unit:
        person[column] = Fraction(place, unit)


def frame_of(random: Random, people: Sequence[Person], minor_digits: int) -> pl.DataFrame:
    """Return the roster in any order, its amounts as texts in major units."""
    minor = Fraction(1, 10**minor_digits)
    mixed = random.sample(people, len(people))
    columns: dict[str, list[str | None]] = {
        "agent_id": [f"A{person['key']!s:0>6}" for person in mixed],
        "shop_id": [f"S{person['shop']}" for person in mixed],
    }
    for name in UNIT:
        scale = minor if name in MONEY else 1
        values = [person[name] for person in mixed]
        columns[name] = [None if value is None else decimals(value * scale) for value in values]
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
