"""What a change of a ruleset does to people, as people and machines read it."""

from __future__ import annotations  # the types of the facade are loaded on use

from collections.abc import Iterator
from decimal import Decimal

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

import kpi_engine as ke
from kpi_engine.cli.summaries import counted

_MOST_SUBJECTS = 20
_LINE_COLUMNS = ("line", "before", "after", "change")


def effect_document(effect: ke.Effect) -> dict[str, object]:
    """Return an effect for machines: amounts in minor units, scores as texts."""
    return {
        "period": effect.period,
        "currency": effect.currency,
        "minor_digits": effect.minor_digits,
        "people": _pair(*effect.people),
        "joined": effect.joined,
        "left": effect.left,
        "ranks_moved": effect.ranks_moved,
        "held": _pair(*effect.held),
        "pay": _amount(effect.pay),
        "lines": [_amount(line) for line in effect.lines],
        "subjects": [_subject(each) for each in effect.subjects],
        "diagnostics": [
            {"code": note.code, "severity": note.severity, "message": note.message}
            for note in effect.diagnostics
        ],
    }


def _subject(effect: ke.SubjectEffect) -> dict[str, object]:
    return {
        "subject": dict(effect.subject),
        "whereabouts": effect.whereabouts,
        "score": _pair(_plain(effect.score_before), _plain(effect.score_after)),
        "rank": _pair(effect.rank_before, effect.rank_after),
        "pay": _amount(effect.pay),
        "lines": [_amount(line) for line in effect.lines],
        "parts": [{"name": part.name, "change": str(part.change)} for part in effect.parts],
        "metrics": [{"name": t.name, **_pair(t.before, t.after)} for t in effect.metrics],
        "flips": [{"name": t.name, **_pair(t.before, t.after)} for t in effect.flips],
    }


def _pair(before: object, after: object) -> dict[str, object]:
    return {"before": before, "after": after}


def _amount(amount: ke.AmountChange) -> dict[str, object]:
    return {"name": amount.name, **_pair(amount.before, amount.after), "change": amount.change}


def _plain(score: Decimal | None) -> str | None:
    return None if score is None else str(score)


def effect_parts(effect: ke.Effect) -> Iterator[RenderableType]:
    """Return who moves and by how much: a sentence, the total by line, and the subjects."""
    yield ""
    yield _sentence(effect)
    if not effect.subjects:
        return
    if effect.lines:
        yield ""
        yield _table(_LINE_COLUMNS, 1, _line_rows(effect))
    yield ""
    yield _table(_subject_columns(effect), len(effect.key), _subject_rows(effect))
    if len(effect.subjects) > _MOST_SUBJECTS:
        yield _more(effect)


def effect_markdown(effect: ke.Effect) -> str:
    """Return who moves and by how much for a pull request."""
    parts = [f"\n{_sentence(effect)}\n"]
    if effect.subjects and effect.lines:
        parts += ["\n", *_markdown_table(_LINE_COLUMNS, 1, _line_rows(effect))]
    if effect.subjects:
        rows = _subject_rows(effect)
        columns = _subject_columns(effect)
        parts += ["\n", *_markdown_table(columns, len(effect.key), rows)]
    if len(effect.subjects) > _MOST_SUBJECTS:
        parts.append(f"\n{_more(effect)}\n")
    parts += [f"\n{note.severity} {note.code}: {note.message}\n" for note in effect.diagnostics]
    return "".join(parts)


def _table(columns: tuple[str, ...], texts: int, rows: Iterator[tuple[str, ...]]) -> Table:
    """Return a table: texts to the left, numbers to the right, then what flips to the left."""
    table = Table(box=None, pad_edge=False)
    for place, name in enumerate(columns):
        is_text = place < texts or name == "flips"
        table.add_column(name, justify="left" if is_text else "right", no_wrap=not is_text)
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _markdown_table(
    columns: tuple[str, ...], texts: int, rows: Iterator[tuple[str, ...]]
) -> Iterator[str]:
    sides = ("---" if n < texts or name == "flips" else "---:" for n, name in enumerate(columns))
    yield f"| {' | '.join(_cell(name) for name in columns)} |\n"
    yield f"|{'|'.join(sides)}|\n"
    for row in rows:
        yield f"| {' | '.join(map(_cell, row))} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _sentence(effect: ke.Effect) -> str:
    """Return how many move, join and leave, and the total before and after."""
    people = counted(effect.people[1], "subject")
    said = [f"{effect.period}: {len(effect.subjects):,} of {people} move"]
    said += [f"{effect.joined:,} join"] if effect.joined else []
    said += [f"{effect.left:,} leave"] if effect.left else []
    said += [f"{counted(effect.ranks_moved, 'rank')} moved"] if effect.ranks_moved else []
    before, after = effect.held
    was = "" if before == after else f", it was {before:,}"
    said += [f"pay held back of {after:,}{was}"] if before or after else []
    total = f"; {_total(effect)}" if effect.lines else ""
    return f"{', '.join(said)}{total}"


def _total(effect: ke.Effect) -> str:
    """Return the total before and after, and by how much it changes."""
    pay, digits = effect.pay, effect.minor_digits
    after = f"{_money(pay.after, digits)} {effect.currency}"
    if not pay.change:
        return f"pay {after}, unchanged"
    share = f", {Decimal(pay.change) / pay.before:+.2%}" if pay.before else ""
    change = f"{_signed(pay.change, digits)}{share}"
    return f"pay {_money(pay.before, digits)} -> {after} ({change})"


def _line_rows(effect: ke.Effect) -> Iterator[tuple[str, ...]]:
    """Return the lines that differ in sum, and the total."""
    digits = effect.minor_digits
    for line in (*(line for line in effect.lines if line.change), effect.pay):
        amounts = (_money(line.before, digits), _money(line.after, digits))
        yield line.name, *amounts, _signed(line.change, digits)


def _subject_columns(effect: ke.Effect) -> tuple[str, ...]:
    """Return the columns of the subjects: of pay where there is any, of the score too."""
    score = ("score", "new", "rank", "new") if _is_scored(effect) else ()
    pay = ("pay", "new", "change") if effect.lines else ()
    return (*effect.key, *score, *pay, "flips")


def _is_scored(effect: ke.Effect) -> bool:
    return any(
        score is not None
        for each in effect.subjects
        for score in (each.score_before, each.score_after)
    )


def _subject_rows(effect: ke.Effect) -> Iterator[tuple[str, ...]]:
    digits, is_scored = effect.minor_digits, _is_scored(effect)
    for each in effect.subjects[:_MOST_SUBJECTS]:
        scores = (_plain(score) or "" for score in (each.score_before, each.score_after))
        ranks = ("" if rank is None else str(rank) for rank in (each.rank_before, each.rank_after))
        pay = (_money(amount, digits) for amount in (each.pay.before, each.pay.after))
        yield (
            *(each.subject[name] for name in effect.key),
            *((*scores, *ranks) if is_scored else ()),
            *((*pay, _signed(each.pay.change, digits)) if effect.lines else ()),
            ", ".join(_turns(each)),
        )


def _turns(effect: ke.SubjectEffect) -> Iterator[str]:
    if effect.whereabouts != "both":
        yield effect.whereabouts
    for turn in effect.flips:
        yield f"{turn.name}: {turn.before} -> {turn.after}"


def _more(effect: ke.Effect) -> str:
    return f"and {len(effect.subjects) - _MOST_SUBJECTS:,} more, all of them in `--format json`"


def _money(amount: int | None, digits: int) -> str:
    return "" if amount is None else f"{Decimal(amount).scaleb(-digits):,f}"


def _signed(amount: int, digits: int) -> str:
    return f"{Decimal(amount).scaleb(-digits):{'+' if amount else ''},f}"
