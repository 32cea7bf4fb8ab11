"""Random pay rulesets with their people, and what the oracle pays them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby
from math import floor
from random import Random

from tests.pay_oracle.amounts import HALF, decimals, half_away, percent
from tests.pay_oracle.lines import ALONE, MONEYS, MOST, RATES, Line, Money, of
from tests.pay_oracle.people import KINDS, UNIT, Person, aim, draw_people
from tests.pay_oracle.scores import Score, aim_score, draw_score
from tests.pay_oracle.shares import SHARED

CURRENCIES = (Money("CNY", 2), Money("CNY", 2), Money("JPY", 0), Money("KWD", 3))


@dataclass(frozen=True, slots=True)
class PayStep:
    """A formula of the running pay, exact, and the columns it reads."""

    rule: str
    after: Callable[[Fraction, Person], Fraction | None]


@dataclass(frozen=True, slots=True)
class PayCase:
    """A ruleset of pay and the people it is for, shop by shop, each shop by key."""

    money: Money
    score: Score
    lines: tuple[Line, ...]
    steps: tuple[PayStep, ...]
    owed: bool
    people: list[Person]

    def document(self) -> str:
        """Return the ruleset as a file holds it: JSON is YAML."""
        params: dict[str, object] = {}
        metrics: dict[str, str] = {}
        for line in self.lines:
            params |= line.params
            metrics |= line.metrics
        pay: dict[str, object] = {
            "lines": {f"line_{i}": line.rule for i, line in enumerate(self.lines)},
            "then": {f"after_{i}": step.rule for i, step in enumerate(self.steps)},
        }
        if self.owed:
            pay["below_zero"] = "owed"
        written = {
            "ruleset": "random/pay",
            "zone": "Asia/Shanghai",
            "currency": self.money.currency,
            "subject": {"from": "agents", "key": ["agent_id"]},
            "groups": {"shop": ["shop_id", "period"]},
            "params": params,
            "tables": {"agents": {"key": "agent_id", "columns": KINDS}},
            "metrics": metrics,
            "score": self.score.document(),
            "pay": pay,
        }
        return json.dumps({key: value for key, value in written.items() if value}, indent=1)


@dataclass(slots=True)
class Expected:
    """What the oracle pays: by person, each line in minor units, the score, the pay; and counts."""

    scores: list[int | None]
    lines: dict[str, list[int | None]] = field(default_factory=dict)
    pay: list[int | None] = field(default_factory=list)
    status: list[str] = field(default_factory=list)
    halves: int = 0


def draw_case(random: Random, people: int) -> PayCase:
    """Return a ruleset of a few structures, and people aimed at where its amounts turn."""
    money = random.choice(CURRENCIES)
    score = draw_score(random)
    makers = [*random.sample(ALONE, random.randint(2, 4)), *random.sample(SHARED, 1)]
    lines = tuple(make(random, money, f"p{i}") for i, make in enumerate(makers))
    steps = tuple(random.sample(_steps(random, money), random.choice((0, 1, 2))))
    drawn = draw_people(random, people)
    aimed = [line for line in lines if line.column in UNIT]
    for person in drawn:
        if random.random() < 0.5:
            aim_score(random, person, score)
        person["score"] = score.rounded(person)
        line = random.choice(aimed)
        if line.amount is not None:
            aim(random, person, line.column, line.bounds, line.amount)
            person["score"] = score.rounded(person)
    return PayCase(money, score, lines, steps, random.random() < 0.8, drawn)


def expect(case: PayCase, rounded: Callable[[Fraction], int] = half_away) -> Expected:
    """Return what everybody is paid, each line rounded once, the pay their sum."""
    people = case.people
    scores = [None if p["score"] is None else int(p["score"] * 100) for p in people]
    expected = Expected(scores)

    def kept(amount: Fraction | None) -> int | None:
        if amount is None:
            return None
        expected.halves += amount.denominator == 2
        return rounded(amount)

    for place, line in enumerate(case.lines):
        expected.lines[f"line_{place}"] = [kept(amount) for amount in line.amounts(people)]
    running = [_total(parts) for parts in zip(*expected.lines.values(), strict=True)]
    for place, step in enumerate(case.steps):
        after = [
            None if pay is None else kept(step.after(Fraction(pay), person))
            for pay, person in zip(running, people, strict=True)
        ]
        expected.lines[f"after_{place}"] = [
            None if new is None or old is None else new - old
            for new, old in zip(after, running, strict=True)
        ]
        running = after
    for pay in running:
        below = pay is not None and pay < 0 and not case.owed
        expected.pay.append(None if below else pay)
        expected.status.append("below_zero" if below else "held" if pay is None else "ok")
    return expected


def _total(parts: Sequence[int | None]) -> int | None:
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None


def pools_of(case: PayCase) -> dict[str, list[tuple[Fraction, Fraction | None]]]:
    """Return each pool as the shops with what each has to share, by the name of its line."""
    shops = [[*shop] for _, shop in groupby(case.people, lambda p: p["shop"])]
    return {
        f"line_{place}": [(of(shop[0], "shop"), line.pool(shop)) for shop in shops]
        for place, line in enumerate(case.lines)
        if line.pool is not None
    }


def _steps(random: Random, money: Money) -> list[PayStep]:
    edge, rate, step = random.choice(MONEYS), random.choice(RATES), random.choice(MONEYS[:5])
    bound = Fraction(random.randint(0, 10000), 100)
    written, most = money.written(edge), money.written(MOST)

    def prorated(pay: Fraction, person: Person) -> Fraction | None:
        due = of(person, "due")
        return pay * of(person, "days") / due if due else None

    def gated(pay: Fraction, person: Person) -> Fraction:
        score = person["score"]
        return pay if score is not None and score >= bound else Fraction(0)

    return [
        PayStep(f"at_most(pay, {written})", lambda pay, _: min(pay, edge)),
        PayStep(f"at_least(pay, {written})", lambda pay, _: max(pay, edge)),
        PayStep(f"pay * {percent(rate)}", lambda pay, _: pay * rate),
        PayStep(f"pay - {percent(rate)} * {written}", lambda pay, _: pay - rate * edge),
        PayStep("pay * 50%", lambda pay, _: pay * HALF),
        PayStep(f"at_least(at_most(pay, {most}), -{most}) * days / due", prorated),
        PayStep(f"pay if default(score >= {decimals(bound)}, false) else pay * 0", gated),
        PayStep(
            f"floor(pay, {money.written(step)})", lambda pay, _: Fraction(floor(pay / step) * step)
        ),
        PayStep(
            f"round(pay, {money.written(step)})",
            lambda pay, _: Fraction(half_away(pay / step) * step),
        ),
    ]
