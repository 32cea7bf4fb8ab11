"""Random pay lines of a whole shop: pools, prizes by place and by seats, parts that are beaten."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import groupby
from math import floor
from random import Random

from tests.pay_oracle.amounts import half_away, percent
from tests.pay_oracle.lines import MONEYS, MOST, NANO, RATES, Line, Money, of
from tests.pay_oracle.people import Person

Amounts = list[Fraction | None]


def by_shop(people: Sequence[Person], share: Callable[[Sequence[Person]], Amounts]) -> Amounts:
    """Return what everybody has of what each shop shares; people stand shop by shop."""
    return [amount for _, shop in groupby(people, lambda p: p["shop"]) for amount in share([*shop])]


def largest_remainders(amount: int, weights: Sequence[Fraction]) -> list[int] | None:
    """Return an amount by weight: floors, then one more for the largest remainders, first first."""
    total = sum(weights, Fraction(0))
    if total == 0 or any(weight < 0 for weight in weights):
        return None
    exact = [abs(amount) * weight / total for weight in weights]
    parts = [floor(part) for part in exact]
    spare = abs(amount) - sum(parts)
    order = sorted(range(len(exact)), key=lambda i: (parts[i] - exact[i], i))
    for place in order[:spare]:
        parts[place] += 1
    return [-part if amount < 0 else part for part in parts]


def pool(random: Random, money: Money, _: str) -> Line:
    """Return a part of what the shop shares: a fixed amount, or a part of its sales."""
    most = money.written(MOST)
    fixed, rate = random.choice(MONEYS), random.choice(RATES)
    amount, of_shop = random.choice(
        [
            (money.written(fixed), lambda _shop: fixed),
            (f"-{money.written(fixed)}", lambda _shop: -fixed),
            (
                f"{percent(rate)} * at_least(at_most(sum(sales, shop), {most}), -{most})",
                lambda shop: rate * sum(p["sales"] or 0 for p in shop),
            ),
        ]
    )
    weight, weigh = random.choice(
        [
            ("default(score, 0)", lambda p: p["score"] or Fraction(0)),
            ("at_least(at_most(days, 31), 0)", lambda p: of(p, "days")),
            ("at_least(at_most(pieces, 9999999), 0) / 3", lambda p: of(p, "pieces") / 3),
            ("at_most(at_least(work * days, 0), 99)", lambda p: of(p, "work") * of(p, "days")),
            ("1 if pieces > 1 else 0", lambda p: Fraction(of(p, "pieces") > 1)),
            ("at_least(at_most(work, 3), 0) - 1", lambda p: of(p, "work") - 1),
        ]
    )

    def settled_weights(shop: Sequence[Person]) -> list[Fraction]:
        return [Fraction(half_away(weigh(person) * NANO), NANO) for person in shop]

    def share(shop: Sequence[Person]) -> Amounts:
        parts = largest_remainders(half_away(Fraction(of_shop(shop))), settled_weights(shop))
        return [None] * len(shop) if parts is None else [Fraction(part) for part in parts]

    def whole(shop: Sequence[Person]) -> Fraction | None:
        shared = share(shop)
        return None if shared[0] is None else Fraction(half_away(Fraction(of_shop(shop))))

    return Line(
        f"split({amount}, {weight}, shop)",
        lambda people: by_shop(people, share),
        pool=whole,
    )


def _rank(person: Person, column: str, prefer: Sequence[str]) -> tuple[Fraction, ...]:
    return tuple(of(person, name) for name in (column, *prefer))


def prize(random: Random, money: Money, _: str) -> Line:
    """Return a prize by place in the shop; equal places share the better prize."""
    column = random.choice(("sales", "pieces", "wage"))
    prefer = random.choice(((), (), ("work",), ("days", "work")))
    tops = sorted(random.sample(range(1, 9), random.randint(1, 3)))
    prizes = [random.choice(MONEYS) for _ in tops]

    def share(shop: Sequence[Person]) -> Amounts:
        ranks = [_rank(p, column, prefer) for p in shop if p[column] is not None]
        paid: Amounts = []
        for person in shop:
            if person[column] is None:
                paid.append(None)
                continue
            mine = _rank(person, column, prefer)
            place = 1 + sum(rank > mine for rank in ranks)
            reached = [prize for top, prize in zip(tops, prizes, strict=True) if place <= top]
            paid.append(reached[0] if reached else Fraction(0))
        return paid

    rule: dict[str, object] = {"of": column, "over": "shop"}
    if prefer:
        rule["prefer"] = [f"highest {name}" for name in prefer]
    rule |= {f"top {top}": money.written(paid) for top, paid in zip(tops, prizes, strict=True)}
    rule["else"] = money.written(Fraction(0))
    return Line(rule, lambda people: by_shop(people, share))


def seats(random: Random, money: Money, _: str) -> Line:
    """Return a bonus by band of the shop: 361, or another forced curve."""
    shares = random.choice(((30, 90), (10,), (20, 50, 80), (25, 75)))
    paid = [random.choice(MONEYS) for _ in range(len(shares) + 1)]
    column = random.choice(("sales", "pieces"))

    def share(shop: Sequence[Person]) -> Amounts:
        known = [of(p, column) for p in shop if p[column] is not None]
        widths = [Fraction(b - a, 100) for a, b in zip((0, *shares), (*shares, 100), strict=True)]
        held = largest_remainders(len(known), widths) or [0] * len(widths)
        result: Amounts = []
        for person in shop:
            if person[column] is None:
                result.append(None)
                continue
            place = 1 + sum(other > of(person, column) for other in known)
            band = next((i for i in range(len(held)) if place <= sum(held[: i + 1])), len(shares))
            result.append(paid[band])
        return result

    rule: dict[str, object] = {"of": column, "over": "shop"}
    rule |= {f"top {s}%": money.written(p) for s, p in zip(shares, paid, strict=False)}
    rule["else"] = money.written(paid[-1])
    return Line(rule, lambda people: by_shop(people, share))


def beaten(random: Random, _: Money, __: str) -> Line:
    """Return a bonus by the part of the others who sold less, a tie counting half."""
    rate = random.choice(RATES)

    def share(shop: Sequence[Person]) -> Amounts:
        known = [of(p, "sales") for p in shop if p["sales"] is not None]
        result: Amounts = []
        for person in shop:
            mine = person["sales"]
            if mine is None or len(known) == 1:
                result.append(None)
                continue
            worse = sum(other < mine for other in known)
            ties = sum(other == mine for other in known) - 1
            part = (worse + Fraction(ties, 2)) / (len(known) - 1)
            result.append(of(person, "bonus") * part * rate)
        return result

    return Line(
        f"bonus * beats(sales, shop) * {percent(rate)}", lambda people: by_shop(people, share)
    )


SHARED = (pool, pool, pool, prize, seats, beaten)
