"""Deliberate faults in runs, matches, lookups and windows, each with the example that catches it."""

from dataclasses import replace

from tests.properties.faults_between_rows import (
    as_of_last_day,
    cut_by_fault,
    dated_by_payment,
    drops_forgotten_by,
    gathers,
    highest_key_first,
    kept_on_road,
    latest_start,
    lookups,
    matched_by,
    matches,
    maximum_over_keys,
    nobody_alike,
    numbered_over_keys,
    on_the_road,
    own_agent,
    preferring,
    preferring_unknown,
    run_over_keys,
    runs,
    tables,
    tie_of_highest,
    tolerance_forgotten,
    turned,
    unmatched_kept,
    valid_by,
)
from tests.properties.mutants import Mutant
from tests.properties.pinned_chats import CHAT, TURNS, chats, message, order, rate, weighed

_RATED = "metrics: {rated: {from: messages, value: sum(rates.rate)}}"
_WEIGHED = "metrics: {weighed: {from: messages, value: sum(days.weight)}}"


def _sized(direction: str) -> str:
    """Return that the message of the highest or lowest size owns an order."""
    return f"""
  owned:
    from: orders
    match: {{one: {{to: messages, same: [buyer], prefer: [{direction} one.size]}}}}
    add: {{owner: one.agent}}
metrics: {{won: {{from: owned, whose: owner, value: count()}}}}
"""


_CART = """
  owned:
    from: orders
    match:
      next:
        to: messages
        same: [buyer]
        where: next.asks and made <= next.at < made + 2 h
        prefer: [highest next.size is known, lowest next.at]
    add: {owner: next.agent}
metrics: {won: {from: owned, whose: owner, value: count()}}
"""
"""The next message owns an order, one with a size before all others."""

MUTANTS_BETWEEN_ROWS = (
    Mutant(
        "the chat that started last instead of the one that ended last",
        preferring("chat.start"),
        chats(
            CHAT,
            messages=[
                *(message(0, "09:00"), message(1, "10:00")),
                *(message(2, "09:10", "b"), message(3, "09:30", "b")),
            ],
            orders=[order("10:30")],
        ),
    ),
    Mutant(
        "an as-of join without the running maximum",
        on_the_road(latest_start),
        chats(
            CHAT,
            messages=[
                *(message(0, "09:00"), message(1, "10:00")),
                *(message(2, "09:10", "b"), message(3, "09:30", "b")),
            ],
            orders=[order("10:30")],
        ),
    ),
    Mutant(
        "an as-of join of the greatest key at a tie",
        kept_on_road(tie_of_highest),
        chats(
            CHAT,
            messages=[message(0, "09:00", "b"), message(1, "09:00")],
            orders=[order("09:30")],
        ),
    ),
    Mutant(
        "an as-of join without the tolerance",
        kept_on_road(tolerance_forgotten),
        chats(CHAT, messages=[message(0, "2026-10-03 09:00")], orders=[order("09:00")]),
    ),
    Mutant(
        "an as-of join that leaves out the moment itself",
        on_the_road(lambda road: replace(road, level=False)),
        chats(CHAT, messages=[message(0, "09:00")], orders=[order("09:00")]),
    ),
    Mutant(
        "an as-of join in the other direction",
        on_the_road(lambda road: replace(road, falling=not road.falling)),
        chats(CHAT, messages=[message(0, "08:00")], orders=[order("09:00")]),
    ),
    Mutant(
        "a running maximum that goes on in the next key",
        maximum_over_keys,
        chats(CHAT, messages=[message(0, "09:00", buyer=1)], orders=[order("09:30", 2)]),
    ),
    Mutant(
        "an as-of join that forgets what wins first",
        on_the_road(lambda road: replace(road, first=None)),
        chats(
            _CART,
            messages=[message(0, "09:40", "b"), message(1, "09:50", size=3)],
            orders=[order("09:30")],
        ),
    ),
    Mutant(
        "an as-of join that forgets its own condition",
        on_the_road(lambda road: replace(road, where=None)),
        chats(
            _CART,
            messages=[message(0, "09:40", "b", asks=False), message(1, "09:50")],
            orders=[order("09:30")],
        ),
    ),
    Mutant(
        "the end of a chat's window taken in",
        matched_by("lt", "le"),
        chats(CHAT, messages=[message(0, "2026-10-03 09:00")], orders=[order("09:00")]),
    ),
    Mutant(
        "the start of a chat left out",
        matched_by("le", "lt"),
        chats(CHAT, messages=[message(0, "09:00")], orders=[order("09:00")]),
    ),
    Mutant(
        "the greatest key at a tie",
        matches(highest_key_first),
        chats(
            CHAT,
            messages=[message(0, "09:00", "b"), message(1, "09:00")],
            orders=[order("09:30")],
        ),
    ),
    Mutant(
        "an unknown buyer taken for another",
        matches(nobody_alike),
        chats(CHAT, messages=[message(0, "09:00", buyer=None)], orders=[order("09:30", None)]),
    ),
    Mutant(
        "an order without a chat left out",
        matches(lambda step: replace(step, every=True)),
        chats(CHAT, orders=[order("09:30")]),
    ),
    Mutant(
        "an unknown value preferred",
        matches(preferring_unknown),
        chats(
            _sized("highest"),
            messages=[message(0, "09:00", "b"), message(1, "09:00", size=3)],
            orders=[order("09:30")],
        ),
    ),
    Mutant(
        "the lowest where the highest is asked for",
        matches(turned),
        chats(
            _sized("lowest"),
            messages=[message(0, "09:00", size=4), message(1, "09:00", "b", size=3)],
            orders=[order("09:30")],
        ),
    ),
    Mutant(
        "a dropped row matched",
        drops_forgotten_by("messages"),
        chats(_sized("lowest"), messages=[message(0, "09:00", size=0)], orders=[order("09:30")]),
    ),
    Mutant(
        "rows without a match kept by every",
        unmatched_kept,
        chats(
            "  pairs: {from: orders, match: {one: {to: messages, same: [buyer], take: every}}}\n"
            "metrics: {pairs: {from: pairs, value: count()}}",
            messages=[message(0, "09:00")],
            orders=[order("09:30"), order("09:30", 2)],
        ),
    ),
    Mutant(
        "messages of one moment cut as they come",
        runs(lambda step: replace(step, order=step.order[:1])),
        chats(TURNS, messages=[message(1, "09:00", asks=False), message(0, "09:00")]),
    ),
    Mutant(
        "a run that goes on in the next key",
        cut_by_fault(run_over_keys),
        chats(TURNS, messages=[message(0, "09:00"), message(1, "09:01", "b", asks=False, size=1)]),
    ),
    Mutant(
        "runs numbered over all keys",
        numbered_over_keys,
        chats(TURNS, messages=[message(0, "09:00"), message(1, "09:01", "b")]),
    ),
    Mutant(
        "the last day of validity taken in",
        valid_by("lt", "le"),
        chats(_RATED, rates=[rate(1, 5)], messages=[message(0, "09:00")]),
    ),
    Mutant(
        "the first day of validity left out",
        valid_by("le", "lt"),
        chats(_RATED, rates=[rate(5, None)], messages=[message(0, "09:00")]),
    ),
    Mutant(
        "a dropped row looked up",
        drops_forgotten_by("days"),
        chats(_WEIGHED, days=[weighed(5, 7, test=True)], messages=[message(0, "09:00")]),
    ),
    Mutant(
        "the default of a missing row forgotten",
        lookups(
            lambda step: replace(
                step, columns=tuple(replace(c, default=None) for c in step.columns)
            )
        ),
        chats(_WEIGHED, messages=[message(0, "09:00")]),
    ),
    Mutant(
        "a window of a day too many",
        gathers(lambda gather: replace(gather, window=(gather.window or 0) + 1)),
        chats(
            "metrics: {m: {from: messages, value: count(), window: 20 days}}",
            messages=[message(0, "2026-10-11 23:00"), message(1, "2026-10-12 01:00")],
        ),
    ),
    Mutant(
        "a window taken for the period",
        gathers(lambda gather: replace(gather, window=None)),
        chats(
            "metrics: {m: {from: messages, value: count(), window: 40 days}}",
            messages=[message(0, "2026-09-22 09:00")],
        ),
    ),
    Mutant(
        "the date of the table instead of the metric's own",
        gathers(dated_by_payment),
        chats(
            "metrics: {m: {from: orders, value: count(), dated: made}}",
            orders=[order("2026-09-30 23:00", paid="2026-10-01 01:00")],
        ),
    ),
    Mutant(
        "the agent of a row instead of whose it is",
        gathers(own_agent),
        chats(
            CHAT,
            messages=[message(0, "09:00", "b")],
            orders=[order("09:30")],
        ),
    ),
    Mutant(
        "a dated param of the period's last day on every row",
        tables(as_of_last_day),
        chats(
            "  reached: {from: messages, add: {enough: size >= goal}}\n"
            "metrics: {m: {from: reached, value: count(enough)}}",
            messages=[message(0, "09:00", size=1)],
        ),
    ),
)
