"""Random parse trees that a formula can hold, for properties of everything that reads formulas."""

from datetime import date
from fractions import Fraction
from unicodedata import normalize

from hypothesis import strategies as st

from kpi_engine.language.currencies import MINOR_DIGITS
from kpi_engine.language.syntax import (
    Arithmetic,
    Call,
    Comparison,
    Conditional,
    Day,
    Expr,
    Hours,
    IsKnown,
    Logic,
    Membership,
    Name,
    Negative,
    Not,
    Number,
    Text,
    Truth,
    Unknown,
)
from kpi_engine.language.tokens import RESERVED

UNITS = (None, "%", "s", "min", "h", "days", *sorted(MINOR_DIGITS))
_COMMON_NAMES = (
    "score",
    "pay",
    "满意度",
    "三分钟响应率",
    "近90天",
    "_x",
    "E1",
    "ชื่อ",
    "प्रेम",
    "min",
    "s",
)


def names() -> st.SearchStrategy[str]:
    """Identifiers of every script in composed form, no reserved words."""
    letters = st.characters(categories=("Lu", "Ll", "Lo", "Lm", "Nd", "Mn", "Mc", "Pc"))
    anything = st.text(letters, min_size=1, max_size=6).map(lambda name: normalize("NFC", name))
    return st.sampled_from(_COMMON_NAMES) | anything.filter(
        lambda name: name.isidentifier() and name not in RESERVED
    )


def numbers() -> st.SearchStrategy[Number]:
    """Numbers of at most 15 digits before and 18 after the point, with any unit or none."""
    digits = st.integers(0, 10**15 - 1) | st.integers(0, 100)
    decimals = st.just(Fraction(0)) | st.builds(
        lambda count, numerator: Fraction(numerator % 10**count, 10**count),
        st.integers(1, 18),
        st.integers(0, 10**18),
    )
    values = st.builds(lambda whole, part: whole + part, digits, decimals)
    return st.builds(Number, values, st.sampled_from(UNITS))


def texts() -> st.SearchStrategy[Text]:
    """Quoted texts, without line breaks."""
    inside = st.characters(codec="utf-8", exclude_characters="\r\n")
    return st.builds(Text, st.text(inside, max_size=6) | st.sampled_from(("'", "it's", '"', "''")))


def hours() -> st.SearchStrategy[Hours]:
    """Hours within a day, to its end, and over midnight."""
    ends = st.tuples(st.integers(0, 1439), st.integers(0, 1440))
    return ends.filter(lambda pair: pair[0] != pair[1]).map(lambda pair: Hours(*pair))


def dotted_names() -> st.SearchStrategy[Name]:
    """Names, with a prefix or without."""
    return st.builds(Name, names(), st.none() | names())


def leaves() -> st.SearchStrategy[Expr]:
    """Trees of one node."""
    return st.one_of(
        dotted_names(),
        numbers(),
        st.builds(Day, st.dates(date(1, 1, 1), date(9999, 12, 31))),
        hours(),
        texts(),
        st.builds(Truth, st.booleans()),
        st.just(Unknown()),
    )


def _chains(operands: st.SearchStrategy[Expr]) -> st.SearchStrategy[Comparison]:
    relations = st.lists(
        st.sampled_from(("==", "!=", "<", "<=", ">", ">=")), min_size=1, max_size=3
    )
    return relations.flatmap(
        lambda chosen: st.builds(
            Comparison,
            st.tuples(*(operands for _ in range(len(chosen) + 1))),
            st.just(tuple(chosen)),
        )
    )


def _tuples(operands: st.SearchStrategy[Expr], least: int) -> st.SearchStrategy[tuple[Expr, ...]]:
    return st.lists(operands, min_size=least, max_size=3).map(tuple)


def _larger(smaller: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    options = st.one_of(
        st.lists(texts(), min_size=1, max_size=3).map(tuple), hours(), dotted_names()
    )
    return st.one_of(
        st.builds(Call, names(), _tuples(smaller, 0)),
        st.builds(Negative, smaller),
        st.builds(Arithmetic, st.sampled_from(("+", "-", "*", "/")), smaller, smaller),
        _chains(smaller),
        st.builds(Membership, smaller, options),
        st.builds(IsKnown, smaller, st.booleans()),
        st.builds(Not, smaller),
        st.builds(Logic, st.sampled_from(("and", "or")), _tuples(smaller, 2)),
        st.builds(Conditional, smaller, smaller, smaller),
    )


def exprs(max_leaves: int = 12) -> st.SearchStrategy[Expr]:
    """Trees that obey the grammar and no rule of kinds, every node standing nowhere."""
    return st.recursive(leaves(), _larger, max_leaves=max_leaves)
