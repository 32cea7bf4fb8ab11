"""Limits to what a change of a ruleset may do to pay: `total > 2% or any > 300 CNY`."""

from fractions import Fraction
from typing import Literal

from kpi_engine.language.mistakes import Mistake
from kpi_engine.language.parser import parse_formula
from kpi_engine.language.syntax import Comparison, Expr, Logic, Name, Negative, Number
from kpi_engine.review.effects import AmountChange, Effect
from kpi_engine.text.diagnostics import diagnose
from kpi_engine.text.errors import DataError
from kpi_engine.text.nodes import passive
from kpi_engine.text.source import Source, Span

_PERCENT = "%"
_MEASURES = ("total", "any")


@passive
class Limit:
    """A change of the total, or of anybody's pay, that is too large.

    With ``>`` the size of the change counts, whichever its direction, with ``<`` how far pay falls:
    the amount is below zero there. It is a share of the pay before, or in major units.
    """

    measure: Literal["total", "any"]
    falls: bool
    amount: Fraction
    share: bool


@passive
class Limits:
    """Limits of which all, or any, must be passed."""

    operator: Literal["and", "or"]
    parts: "tuple[Limits | Limit, ...]"


def read_limits(text: str, currency: str) -> Limits | Limit:
    """Return the limits of a text; amounts are in a currency.

    Raises:
        DataError: the text says something else; the caret stands under it.

    >>> read_limits("any > 300 CNY", "CNY").amount
    Fraction(300, 1)
    """
    tree = parse_formula(text)
    source = Source("--fail-if", text)
    if isinstance(tree, Mistake):
        span = Span(source, tree.place.start, tree.place.end)
        raise DataError([diagnose(tree.code, span, **dict(tree.facts))])
    return _limits(tree, source, currency)


def _limits(tree: Expr, source: Source, currency: str) -> Limits | Limit:
    match tree:
        case Logic(operator, operands):
            return Limits(operator, tuple(_limits(each, source, currency) for each in operands))
        case Comparison((Name("total" | "any" as measure, None), value), (">" | "<" as sign,)):
            limit = _number(value, source, currency)
            falls = sign == "<"
            if falls is not (limit.value < 0):
                reason = "`>` takes the size of a change, `<` a fall such as `-2%`"
                raise _refusal(reason, value, source)
            is_share = limit.unit == _PERCENT
            amount = limit.value / 100 if is_share else limit.value
            return Limit("total" if measure == "total" else "any", falls, amount, is_share)
        case _:
            reason = f"`{_words(tree, source)}` compares neither `total` nor `any` with a limit"
            raise _refusal(reason, tree, source)


def _number(tree: Expr, source: Source, currency: str) -> Number:
    """Return the limit that is written, its sign with it."""
    match tree:
        case Number(_, unit) if unit in {_PERCENT, currency}:
            return tree
        case Negative(Number(value, unit)) if unit in {_PERCENT, currency}:
            return Number(-value, unit)
        case _:
            reason = f"`{_words(tree, source)}` is neither a share nor an amount in {currency}"
            raise _refusal(reason, tree, source)


def _words(tree: Expr, source: Source) -> str:
    return source.text[tree.place.start : tree.place.end]


def _refusal(reason: str, tree: Expr, source: Source) -> DataError:
    span = Span(source, tree.place.start, tree.place.end)
    return DataError([diagnose("K645", span, reason=reason)])


def passes(effect: Effect, limits: Limits | Limit) -> bool:
    """Return whether an effect is larger than limits allow."""
    match limits:
        case Limits("and", parts):
            return all(passes(effect, part) for part in parts)
        case Limits(_, parts):
            return any(passes(effect, part) for part in parts)
        case Limit("total"):
            return _is_beyond(effect.pay, limits, effect.minor_digits)
        case Limit():
            digits = effect.minor_digits
            return any(_is_beyond(each.pay, limits, digits) for each in effect.subjects)


def _is_beyond(pay: AmountChange, limit: Limit, minor_digits: int) -> bool:
    """Return whether pay changes by more; from nothing, every change is beyond any share."""
    unit = abs(pay.before or 0) if limit.share else 10**minor_digits
    allowed = limit.amount * unit
    return pay.change < allowed if limit.falls else abs(pay.change) > allowed
