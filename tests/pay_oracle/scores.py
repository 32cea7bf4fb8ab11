"""A random score: items of points and weights, groups of them, steps; and what it comes to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from tests.pay_oracle.amounts import decimals, half_away, percent
from tests.pay_oracle.lines import of
from tests.pay_oracle.people import MICRO, Person

Points = Callable[[Person], Fraction | None]
FULL = Fraction(100)


def held(x: Fraction) -> Fraction:
    """Return points held to 0…100."""
    return max(Fraction(0), min(FULL, x))


@dataclass(frozen=True, slots=True)
class Item:
    """Points with a weight in half per cents, or items that share one."""

    weight: int
    rule: str
    points: Points
    children: tuple["Item", ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A formula of the running score."""

    rule: str
    after: Callable[[Fraction, Person], Fraction]


@dataclass(frozen=True, slots=True)
class Score:
    """Items, the steps after them, and the share of the weight that has to be known."""

    items: tuple[Item, ...]
    needs: Fraction
    steps: tuple[Step, ...]

    def document(self) -> dict[str, object]:
        """Return the score as a ruleset writes it."""
        written: dict[str, object] = {"empty": "skip", "items": _items(self.items, "item")}
        if self.needs:
            written["needs"] = percent(self.needs)
        if self.steps:
            written["then"] = {f"step_{i}": step.rule for i, step in enumerate(self.steps)}
        return written

    def exact(self, person: Person) -> Fraction | None:
        """Return the score before it is rounded; unknown where there is none."""
        mean = _mean(self.items, person)
        short = self.needs and _known_weight(self.items, person) < self.needs
        if mean is None or short:
            return None
        running = mean
        for step in self.steps:
            running = step.after(running, person)
        return held(running)

    def rounded(self, person: Person) -> Fraction | None:
        """Return the score as it is printed, and used."""
        exact = self.exact(person)
        return None if exact is None else Fraction(half_away(exact * 100), 100)


def _items(items: Sequence[Item], name: str) -> dict[str, object]:
    written: dict[str, object] = {}
    for place, item in enumerate(items):
        own: dict[str, object] = {"weight": decimals(Fraction(item.weight, 2))}
        if item.children:
            own["items"] = _items(item.children, f"{name}_{place}")
        else:
            own["points"] = item.rule
        written[f"{name}_{place}"] = own
    return written


def _points(item: Item, person: Person) -> int | None:
    """Return points rounded to their millionths."""
    points = _mean(item.children, person) if item.children else item.points(person)
    return None if points is None else half_away(points * MICRO)


def _mean(items: Sequence[Item], person: Person) -> Fraction | None:
    """Return the weighted mean of the points that are known."""
    known = [(item.weight, _points(item, person)) for item in items]
    counting = [(weight, points) for weight, points in known if points is not None]
    if not counting:
        return None
    total = sum(weight * points for weight, points in counting)
    return Fraction(total, sum(weight for weight, _ in counting) * MICRO)


def _known_weight(items: Sequence[Item], person: Person) -> Fraction:
    """Return the share of the whole weight whose points are known."""
    total, known = sum(item.weight for item in items), Fraction(0)
    for item in items:
        if item.children:
            known += item.weight * _known_weight(item.children, person)
        elif item.points(person) is not None:
            known += item.weight
    return known / total


def _mark(column: str) -> tuple[str, Points]:
    return column, lambda person: person[column]


def _attained(random: Random) -> tuple[str, Points]:
    target = Fraction(random.choice((1, 7, 30, 500)), 10)
    return f"attain(work, {decimals(target)})", lambda p: held(100 * of(p, "work") / target)


def _of_goal(_: Random) -> tuple[str, Points]:
    def points(person: Person) -> Fraction | None:
        sales = person["sales"]
        return None if sales is None else held(100 * sales / of(person, "goal"))

    return "attain(sales, goal)", points


def _deducted(random: Random) -> tuple[str, Points]:
    each = Fraction(random.randint(1, 999), 100)
    return (
        f"at_least(100 - {decimals(each)} * pieces, 0)",
        lambda p: max(Fraction(0), 100 - each * of(p, "pieces")),
    )


def _weights(random: Random, number: int) -> list[int]:
    """Return weights that add up to 200 half per cents."""
    cuts = sorted(random.sample(range(1, 200), number - 1))
    return [b - a for a, b in zip((0, *cuts), (*cuts, 200), strict=True)]


def draw_score(random: Random) -> Score:
    """Return a score of two to five items, one of them perhaps a group."""
    leaves = [_mark("first"), _mark("second"), _mark("third")]
    leaves += [random.choice((_attained, _of_goal, _deducted))(random)]
    chosen = [leaves[0], *random.sample(leaves[1:], random.randint(1, 3))]
    items = [
        Item(weight, *leaf)
        for weight, leaf in zip(_weights(random, len(chosen)), chosen, strict=True)
    ]
    if random.random() < 0.3:
        inner = [_attained(random), _mark("third")]
        children = tuple(
            Item(weight, *leaf) for weight, leaf in zip(_weights(random, 2), inner, strict=True)
        )
        items[-1] = Item(items[-1].weight, "", items[-1].points, children)
    needs = random.choice((Fraction(0), Fraction(0), Fraction(1, 2), Fraction(9, 10)))
    steps = tuple(random.sample(_steps(random), random.choice((0, 0, 1, 2))))
    return Score(tuple(items), needs, steps)


def _steps(random: Random) -> list[Step]:
    fine, factor = Fraction(random.randint(1, 2000), 100), Fraction(random.randint(1, 130), 100)
    bound = Fraction(random.randint(0, 30), 10)
    return [
        Step(
            f"score - {decimals(fine)} if work < {decimals(bound)} else score",
            lambda s, p: s - fine if of(p, "work") < bound else s,
        ),
        Step(f"score * {percent(factor)}", lambda s, _: s * factor),
        Step(f"score + {decimals(fine)} / 3", lambda s, _: s + fine / 3),
        Step(
            "score if work >= 0.5 else 0", lambda s, p: s if of(p, "work") >= 0.5 else Fraction(0)
        ),
        Step(f"at_most(score, {decimals(100 - fine)})", lambda s, _: min(s, 100 - fine)),
    ]


def aim_score(random: Random, person: Person, score: Score) -> None:
    """Move the first mark so that the score is about to be rounded at a half, or at a band."""
    at_0, at_1 = (score.exact(person | {"first": Fraction(mark)}) for mark in (40, 41))
    if person["first"] is None or at_0 is None or at_1 is None or at_0 == at_1:
        return
    wanted = random.choice((60, 70, 80, 90, 95, random.randint(0, 9999) * Fraction(1, 100)))
    short = random.choice((Fraction(1, 200), Fraction(0), Fraction(1, 10**6)))
    mark = 40 + (wanted - short - at_0) / (at_1 - at_0)
    person["first"] = Fraction(half_away(held(mark) * MICRO), MICRO)
