"""An explanation as data: frozen, and made of what JSON knows."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule as it was in force: its text, where it is written, the params it reads."""

    text: str
    file: str
    line: int
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MetricShown:
    """A metric: what it is, from how many rows, and why it is unknown or not final if so.

    ``value`` is in minor units for money, in microseconds for durations, a number to nine places;
    ``num`` over ``den``, where they are there, is exact. ``shown`` is how people read it.
    """

    name: str
    kind: str
    value: str | None
    shown: str
    num: str | None
    den: str | None
    rows: int | None
    status: str
    reason: str | None
    rule: RuleText


@dataclass(frozen=True, slots=True)
class ItemShown:
    """An item of the score: its points, its weight in the whole score, and what it contributes.

    The weight is in force after items without points have left, a quotient of whole numbers; None
    where the item itself has left. A group contributes by its items.
    """

    path: str
    points: str | None
    weight: str | None
    contribution: str | None
    rule: RuleText | None


@dataclass(frozen=True, slots=True)
class StepShown:
    """A step after the items, and by how much it changes the score."""

    name: str
    change: str | None
    rule: RuleText


@dataclass(frozen=True, slots=True)
class ScoreShown:
    """The score: contributions, changes by steps, limits and rounding add up to the value."""

    items: tuple[ItemShown, ...]
    steps: tuple[StepShown, ...]
    limits: str | None
    rounding: str | None
    value: str | None
    status: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class LineShown:
    """A pay line or step: its amount in minor units."""

    name: str
    amount: int | None
    shown: str
    rule: RuleText


@dataclass(frozen=True, slots=True)
class PayShown:
    """The pay in minor units: the amounts of the lines add up to it."""

    lines: tuple[LineShown, ...]
    amount: int | None
    shown: str
    status: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that led to one subject's score and pay in one period.

    Decimals are texts, so that no reader turns them into floats. Score and pay are None where the
    ruleset has none.
    """

    ruleset: str
    period: str
    subject: Mapping[str, str]
    currency: str
    minor_digits: int
    metrics: tuple[MetricShown, ...]
    score: ScoreShown | None
    pay: PayShown | None
