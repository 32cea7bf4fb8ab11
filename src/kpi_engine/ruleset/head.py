"""What stands at the head of a ruleset: zone, start of the day, currency, days in force."""

import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from kpi_engine.language.currencies import MINOR_DIGITS
from kpi_engine.language.scopes import closest
from kpi_engine.language.spellings import UNIT_BY_OTHER_SPELLING
from kpi_engine.language.syntax import Day
from kpi_engine.ruleset.document import Effective, RulesetDocument
from kpi_engine.ruleset.sheet import Sheet, parsed, report, span_of

_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


def check_head(sheet: Sheet, document: RulesetDocument) -> bool:
    """Return whether the currency, which every amount needs, is known; note what is wrong."""
    if not _is_zone(document.zone):
        near = closest(document.zone, available_timezones())
        report(sheet, "K306", span_of(sheet, ("zone",)), name=document.zone, near=near)
    if minutes_of(document.day_starts) is None:
        report(sheet, "K308", span_of(sheet, ("day_starts",)), text=document.day_starts)
    check_effective(sheet, document.effective)
    name = document.currency
    if name not in MINOR_DIGITS:
        near = UNIT_BY_OTHER_SPELLING.get(name)
        near = near if near in MINOR_DIGITS else closest(name.upper(), set(MINOR_DIGITS))
        report(sheet, "K307", span_of(sheet, ("currency",)), name=name, near=near)
    return name in MINOR_DIGITS


def check_effective(sheet: Sheet, effective: Effective | None) -> None:
    """Note what is wrong with the days that a file governs."""
    if effective is None:
        return
    for key, text in (("from", effective.from_), ("to", effective.to)):
        if text is not None and not _is_day(text):
            report(sheet, "K317", span_of(sheet, ("effective", key)), text=text)
    start, end = parsed(effective.from_ or ""), parsed(effective.to or "")
    if isinstance(start, Day) and isinstance(end, Day) and end.value <= start.value:
        facts = {"start": effective.from_, "end": effective.to}
        report(sheet, "K632", span_of(sheet, ("effective", "to")), **facts)


def minutes_of(text: str) -> int | None:
    """Return the minutes from midnight to a time like 06:30, None for another text."""
    match = _TIME.fullmatch(text)
    return int(match[1]) * 60 + int(match[2]) if match is not None else None


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _is_day(text: str) -> bool:
    return isinstance(parsed(text), Day)
