"""What is said of cliffs: one note for each part of the pay or score and file that makes them."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from kpi_engine.analysis.cliffs import Cliffs, Jump, Part, Slide, find_cliffs
from kpi_engine.analysis.places import distance_of
from kpi_engine.analysis.reading import params_behind
from kpi_engine.analysis.terms import Sum, Term, by_condition, factors_of, scaled
from kpi_engine.analysis.wording import Currency, show_value
from kpi_engine.language.kinds import Kind
from kpi_engine.ruleset.checked import Ruleset
from kpi_engine.ruleset.weighing import show
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.source import Span

MOST_PLACES = 8
_MOST_AMOUNTS = 2
_MOST_TERMS = 3
_UNIT_BY_KIND = {Kind.RATIO: Fraction(1, 100), Kind.DURATION: Fraction(10**6)}


def cliff_notes(ruleset: Ruleset, parts: Iterable[Part]) -> Iterator[Diagnostic]:
    """Return the notes on cliffs, on pay that falls while a value improves, and on the rest.

    A note stands where a part is written, or at the scale or number of a nearer file that makes it.
    """
    currency = Currency(ruleset.currency, ruleset.minor_digits)
    for cliffs in find_cliffs(ruleset, parts):
        yield from _notes(cliffs, ruleset, currency)


def _notes(cliffs: Cliffs, ruleset: Ruleset, currency: Currency) -> Iterator[Diagnostic]:
    part = cliffs.part
    named = {"what": part.what, "name": part.name}
    jumps_by_span: dict[Span, list[Jump]] = {}
    for jump in cliffs.jumps:
        params = [] if jump.param is None else [jump.param]
        span = _nearest(cliffs.part.span, params, ruleset)
        jumps_by_span.setdefault(span, []).append(jump)
    for span, jumps in jumps_by_span.items():
        count = "a cliff" if len(jumps) == 1 else f"{len(jumps)} cliffs"
        places = _places(jumps, cliffs, currency)
        yield diagnose("K710", span, **named, count=count, places=places)
    if not (cliffs.falls or cliffs.undecided or cliffs.unsure):
        return
    there = _nearest(part.span, sorted(params_behind(part.node, ruleset)), ruleset)
    if cliffs.falls:
        names = dict.fromkeys(f"`{move.variable[1]}`" for move in cliffs.falls)
        verb = "improves" if len(names) == 1 else "improve"
        places = _places(cliffs.falls, cliffs, currency)
        facts = {"variables": _joined(list(names)), "verb": verb, "places": places}
        yield diagnose("K711", there, **named, **facts)
    if cliffs.undecided:
        parts = _joined([f"`{words}`" for words in cliffs.undecided])
        yield diagnose("K712", there, **named, parts=parts)
    if cliffs.unsure:
        names = dict.fromkeys(f"`{name}`" for name in cliffs.unsure)
        verb = "improves" if len(names) == 1 else "improve"
        yield diagnose("K713", there, **named, variables=_joined(list(names)), verb=verb)


def _nearest(span: Span, params: Iterable[str], ruleset: Ruleset) -> Span:
    """Return a place, or that of a param whose file is nearer."""
    spans = (ruleset.params[name].span for name in params)
    return min((span, *spans), key=lambda each: distance_of(each, ruleset))


def _joined(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _places(moves: Sequence[Jump | Slide], cliffs: Cliffs, currency: Currency) -> str:
    """Return where something changes, and by how much, variable by variable."""
    by_variable: dict[str, list[str]] = {}
    for move in moves[:MOST_PLACES]:
        amount = _moved(move, cliffs, currency)
        by_variable.setdefault(move.variable[1], []).append(f"{_where(move, currency)}{amount}")
    said = [f"`{name}` {', '.join(places)}" for name, places in by_variable.items()]
    left = len(moves) - MOST_PLACES
    return "; ".join([*said, *([f"and {left} more"] if left > 0 else [])])


def _where(move: Jump | Slide, currency: Currency) -> str:
    if isinstance(move, Jump):
        bound, above = move.cut
        return f"{'above' if above else 'from'} {show_value(bound, move.kind, currency)}: "
    low, high = (
        None if bound is None else show_value(bound, move.kind, currency)
        for bound in (move.low, move.high)
    )
    if low is not None and high is not None:
        return f"between {low} and {high}: "
    return f"above {low}: " if low is not None else f"below {high}: " if high is not None else ""


def _moved(move: Jump | Slide, cliffs: Cliffs, currency: Currency) -> str:
    if isinstance(move, Jump):
        return _amounts(scaled(move.gain, cliffs.part.weight), cliffs, currency)
    if move.rise is None:
        return "less and less"
    unit = _UNIT_BY_KIND.get(move.kind, Fraction(1))
    if move.kind is Kind.MONEY:
        unit = Fraction(10**currency.digits)
    amount = _amounts(scaled(move.rise, cliffs.part.weight * unit), cliffs, currency)
    return f"{amount} for each {show_value(unit, move.kind, currency)}"


def _amounts(gain: Sum, cliffs: Cliffs, currency: Currency) -> str:
    """Return an amount in words, where conditions decide over it each that it can be."""
    factors = cliffs.factors
    conditions = [n for n in factors_of([gain]) if factors.facts[n].condition]
    cases = by_condition(gain, factors)
    if len(cases) > _MOST_AMOUNTS or any(len(case) > _MOST_TERMS for case in cases):
        facts = dict.fromkeys(f"`{factors.facts[n].words}`" for n in factors_of([gain]))
        return f"an amount that hangs on {_joined(list(facts))}"
    said = " or ".join(_amount(case, cliffs, currency) for case in cases)
    return f"{said} if all else allows it" if conditions else said


def _amount(case: Sum, cliffs: Cliffs, currency: Currency) -> str:
    terms = [_term(term, number, cliffs, currency) for term, number in case.items()]
    return " ".join(terms)


def _term(term: Term, number: Fraction, cliffs: Cliffs, currency: Currency) -> str:
    """Return a number times factors with its sign: of money or of the score a share, else a sum."""
    facts = [cliffs.factors.facts[n] for n in term]
    sign, size = ("+", number) if number > 0 else ("-", -number)
    words = " × ".join(f"`{fact.words}`" for fact in facts)
    money = cliffs.part.money
    if (money and any(fact.money for fact in facts)) or (not money and facts):
        return f"{sign}{show(size * 100)}% of {words}"
    plain = show_value(size, Kind.MONEY, currency) if money else f"{show(size)} points"
    return f"{sign}{plain} × {words}" if facts else f"{sign}{plain}"
