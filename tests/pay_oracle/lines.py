"""Random pay lines of one person, each with the exact amount it stands for, in plain fractions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from random import Random

from tests.pay_oracle.amounts import decimals, half_away, percent
from tests.pay_oracle.people import Person

NANO = 10**9


@dataclass(frozen=True, slots=True)
class Line:
    """A rule as it is written, and what it says of everybody: exact, not rounded yet.

    ``column`` is what to move to bring the ``amount`` of one person to a half, or to one of the
    ``bounds``. A pool names what each shop has to share.
    """

    rule: object
    amounts: Callable[[Sequence[Person]], list[Fraction | None]]
    amount: Callable[[Person], Fraction | None] | None = None
    column: str = "wage"
    bounds: Sequence[Fraction] = ()
    params: Mapping[str, object] = field(default_factory=dict)
    metrics: Mapping[str, str] = field(default_factory=dict)
    pool: Callable[[Sequence[Person]], Fraction | None] | None = None


@dataclass(frozen=True, slots=True)
class Stair:
    """Values by bounds: of the last bound that is reached, or of the first not yet exceeded."""

    upwards: bool
    bounds: tuple[Fraction, ...]
    values: tuple[Fraction, ...]

    def at(self, x: Fraction) -> Fraction:
        """Return the value of x; the one for what is in no case stands last."""
        if self.upwards:
            met = [
                value for bound, value in zip(self.bounds, self.values, strict=False) if bound <= x
            ]
            return met[-1] if met else self.values[-1]
        met = [value for bound, value in zip(self.bounds, self.values, strict=False) if x <= bound]
        return met[0] if met else self.values[-1]

    def slices(self, x: Fraction) -> Fraction:
        """Return each slice of x at its own rate; below zero, all at the rate of zero."""
        if x <= 0:
            return self.at(Fraction(0)) * x
        cuts = [Fraction(0), *(bound for bound in self.bounds if 0 < bound < x), x]
        return sum(
            ((high - low) * self.at((low + high) / 2) for low, high in pairwise(cuts)), Fraction(0)
        )

    def written(
        self, bound: Callable[[Fraction], str], value: Callable[[Fraction], str], random: Random
    ) -> dict[str, str]:
        """Return the scale as a mapping, its cases in any order."""
        word = "from" if self.upwards else "up to"
        cases = [
            (f"{word} {bound(b)}", value(v)) for b, v in zip(self.bounds, self.values, strict=False)
        ]
        cases.append(("else", value(self.values[-1])))
        return dict(random.sample(cases, len(cases)))


def draw_stair(random: Random, bounds: Sequence[Fraction], values: Sequence[Fraction]) -> Stair:
    """Return a stair over some of the bounds."""
    chosen = sorted(random.sample(sorted(set(bounds)), random.randint(1, min(4, len(set(bounds))))))
    drawn = tuple(random.choice(values) for _ in range(len(chosen) + 1))
    return Stair(random.random() < 0.6, tuple(chosen), drawn)


RATES = [Fraction(n, 2000) for n in (1, 5, 6, 10, 25, 30, 61, 100, 250, 666)]
RATES += [Fraction(n, 10**6) for n in (1250, 3333, 123456)]
MOST = Fraction(10**10)
"""More than anybody sells or has; said in a rule where it would leave the budget of bits."""

MONEYS = [Fraction(n) for n in (1, 99, 100, 101, 10_000, 33_333, 123_456, 5_000_000)]


@dataclass(frozen=True, slots=True)
class Money:
    """How amounts of a currency are written."""

    currency: str
    digits: int

    def written(self, amount: Fraction) -> str:
        """Return an amount in minor units as rulesets write it."""
        return f"{decimals(amount / 10**self.digits)} {self.currency}"


def _alone(
    rule: object,
    amount: Callable[[Person], Fraction | None],
    reads: Sequence[str],
    *,
    bounds: Sequence[Fraction] = (),
    params: Mapping[str, object] | None = None,
    metrics: Mapping[str, str] | None = None,
) -> Line:
    """Return the line of people by themselves: unknown where something it reads is."""

    def known(person: Person) -> Fraction | None:
        return None if any(person[name] is None for name in reads) else amount(person)

    def all_of(people: Sequence[Person]) -> list[Fraction | None]:
        return [known(person) for person in people]

    return Line(rule, all_of, known, reads[0], bounds, params or {}, metrics or {})


def of(person: Person, column: str) -> Fraction:
    """Return a column that is known."""
    value = person[column]
    if value is None:
        raise ValueError(column)
    return value


def bands(random: Random, _: Money, __: str) -> Line:
    """Return a wage by the band of the score: all of it, the score's share of it, or a rate."""
    marks = [Fraction(n, 100) for n in (6000, 7000, 7001, 8000, 8999, 9000, 9500, 50, 9999)]
    stair = draw_stair(random, marks, [Fraction(n) for n in range(4)])
    rate = random.choice(RATES)
    texts = ("wage", "wage * score / 100", f"wage * {percent(rate)}", "wage * 0%")

    def amount(person: Person) -> Fraction:
        score, wage = of(person, "score"), of(person, "wage")
        parts = (wage, wage * score / 100, wage * rate, Fraction(0))
        return parts[int(stair.at(score))]

    cases = stair.written(decimals, lambda v: texts[int(v)], random)
    return _alone({"of": "score", **cases}, amount, ("wage", "score"))


def slab(random: Random, money: Money, name: str) -> Line:
    """Return commission on everything sold, at the rate of the tier that is reached."""
    stair = draw_stair(random, MONEYS, RATES)
    scale = stair.written(money.written, percent, random)
    return _alone(
        f"sales * rate_{name}(sales)",
        lambda p: of(p, "sales") * stair.at(of(p, "sales")),
        ("sales",),
        bounds=stair.bounds,
        params={f"rate_{name}": scale},
    )


def marginal(random: Random, money: Money, name: str) -> Line:
    """Return commission on each slice at its own rate."""
    stair = draw_stair(random, MONEYS, RATES)
    scale = stair.written(money.written, percent, random)
    return _alone(
        f"slices(rate_{name}, sales)",
        lambda p: stair.slices(of(p, "sales")),
        ("sales",),
        bounds=stair.bounds,
        params={f"rate_{name}": scale},
    )


def accelerator(random: Random, _: Money, name: str) -> Line:
    """Return a bonus by attainment of a goal: compared as a fraction, never rounded before."""
    stair = draw_stair(random, [Fraction(n, 100) for n in (50, 80, 100, 120, 150)], RATES)
    scale = stair.written(percent, percent, random)

    def amount(person: Person) -> Fraction:
        return of(person, "wage") * stair.at(of(person, "sales") / of(person, "goal"))

    return _alone(
        f"wage * boost_{name}(sales / goal)",
        amount,
        ("wage", "sales", "goal"),
        params={f"boost_{name}": scale},
    )


def attained(random: Random, _: Money, name: str) -> Line:
    """Return a bonus by attainment as a metric: settled to nine places, then it is that number."""
    rate = random.choice(RATES)

    def amount(person: Person) -> Fraction:
        reached = max(
            Fraction(0), min(Fraction(100), of(person, "sales") * 100 / of(person, "goal"))
        )
        return of(person, "bonus") * Fraction(half_away(reached * NANO), NANO) * rate

    return _alone(
        f"bonus * reached_{name} * {percent(rate)}",
        amount,
        ("bonus", "sales", "goal"),
        metrics={f"reached_{name}": "attain(sales, goal)"},
    )


def settled_first(random: Random, _: Money, name: str) -> Line:
    """Return a share of a commission that is a metric, rounded to the minor unit by itself."""
    rate, share = random.choice(RATES), random.choice(RATES)
    return _alone(
        f"earned_{name} * {percent(share)}",
        lambda p: half_away(of(p, "sales") * rate) * share,
        ("sales",),
        metrics={f"earned_{name}": f"sales * {percent(rate)}"},
    )


def points(random: Random, money: Money, _: str) -> Line:
    """Return an amount for every point of the score."""
    worth = random.choice(MONEYS)
    return _alone(
        f"score * {money.written(worth)} / 100",
        lambda p: of(p, "score") * worth / 100,
        ("score",),
    )


def pieces(random: Random, money: Money, name: str) -> Line:
    """Return piece pay: all pieces at the price reached or slice by slice, by a coefficient."""
    counts = [Fraction(n) for n in (1, 2, 3, 100, 101, 1000)]
    stair = draw_stair(random, counts, MONEYS[:5])
    scale = stair.written(decimals, money.written, random)
    rate, whole = random.choice(RATES), random.random() < 0.5
    formula = f"pieces * price_{name}(pieces)" if whole else f"slices(price_{name}, pieces)"

    def amount(person: Person) -> Fraction:
        made = of(person, "pieces")
        return (made * stair.at(made) if whole else stair.slices(made)) * rate

    return _alone(
        f"{formula} * {percent(rate)}",
        amount,
        ("pieces",),
        bounds=stair.bounds,
        params={f"price_{name}": scale},
    )


def proration(random: Random, money: Money, _: str) -> Line:
    """Return the share of a wage by attendance, its order of rounding as it is declared."""
    step = random.choice([Fraction(n) for n in (1, 5, 10, 100)])
    # Half days have decimals: a bound keeps two roundings within the budget of bits.
    days = "at_least(at_most(days, 31), 0)"
    written = money.written(step)
    formula, amount = random.choice(
        [
            ("wage * days / due", lambda w, d, n: w * d / n),
            (
                f"round(wage / due, {written}) * {days}",
                lambda w, d, n: half_away(w / n / step) * step * d,
            ),
            (
                f"floor(wage / due, {written}) * {days}",
                lambda w, d, n: floor(w / n / step) * step * d,
            ),
            (f"ceil(wage * days / due, {written})", lambda w, d, n: ceil(w * d / n / step) * step),
        ]
    )

    def prorated(person: Person) -> Fraction | None:
        planned = of(person, "due")
        return amount(of(person, "wage"), of(person, "days"), planned) if planned else None

    return _alone(formula, prorated, ("wage",))


def clawback(random: Random, money: Money, _: str) -> Line:
    """Return what is taken back: a reversal mirrors its payment."""
    rate, fine = random.choice(RATES), random.choice(MONEYS[:5])
    return _alone(
        f"-sales * {percent(rate)} - {money.written(fine)} * work",
        lambda p: -of(p, "sales") * rate - fine * of(p, "work"),
        ("sales",),
    )


def straight(random: Random, money: Money, _: str) -> Line:
    """Return an amount on a straight line between two scores."""
    low, high = sorted(random.sample(range(0, 101, 5), 2))
    paid = random.choice(MONEYS)
    case = {f"at {low}": money.written(Fraction(0)), f"at {high}": money.written(paid)}

    def amount(person: Person) -> Fraction:
        way = (of(person, "score") - low) / (high - low)
        return paid * max(Fraction(0), min(Fraction(1), way))

    return _alone({"of": "score", **case}, amount, ("score",))


ALONE = (
    bands,
    slab,
    marginal,
    accelerator,
    attained,
    settled_first,
    points,
    pieces,
    proration,
    clawback,
    straight,
)
