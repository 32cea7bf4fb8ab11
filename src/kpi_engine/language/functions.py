"""The functions of the language, one row each: the only place where their names are listed.

The typing pass reads signatures and rules, the compiler and the reference implement the same names,
and a test runs every example on both roads.
"""

from dataclasses import dataclass
from typing import Literal

Rule = Literal[
    "condition to number",
    "condition to ratio",
    "quantity to same",
    "ordered to same",
    "anything to number",
    "two alike",
    "multiple of step",
    "value or spare",
    "points",
    "area under scale",
    "month of moment",
    "condition over months",
    "standing",
    "part of a pool",
]
"""How kinds go through a function."""

UnknownRule = Literal[
    "never", "when empty", "with an argument", "with the spare", "with a target", "when alone"
]
"""When the result can be unknown: never; without any row; with an unknown argument; when the spare
value is; with an unknown argument or a target of zero; with an unknown argument or nobody else."""


@dataclass(frozen=True, slots=True)
class Example:
    """A formula, the columns it reads (one value a row, as formula text), and what comes out."""

    formula: str
    columns: tuple[tuple[str, tuple[str, ...]], ...]
    result: str


@dataclass(frozen=True, slots=True)
class Function:
    """One row of the table: signature, kind rule, unknown rule, one sentence, examples."""

    name: str
    parameters: tuple[str, ...]
    aggregate: bool
    rule: Rule
    unknown: UnknownRule
    sentence: str
    examples: tuple[Example, ...]
    optional: int = 0
    """How many of the last parameters may be left out."""
    of_group: bool = False
    """Whether the last parameter is a group; one more argument gives an aggregate such a group."""


def spans_group(name: str, arguments: int) -> bool:
    """Return whether a call with so many arguments is about the subjects of a group, named last.

    >>> spans_group("mean", 2), spans_group("mean", 1), spans_group("beats", 2)
    (True, False, True)
    """
    function = FUNCTIONS.get(name)
    if function is None:
        return False
    extra = 1 if function.aggregate else 0
    return (function.aggregate or function.of_group) and (
        arguments == len(function.parameters) + extra
    )


def is_aggregate(name: str) -> bool:
    """Return whether a name is a function that gathers rows.

    >>> is_aggregate("median"), is_aggregate("default")
    (True, False)
    """
    return name in FUNCTIONS and FUNCTIONS[name].aggregate


def _table(*rows: Function) -> dict[str, Function]:
    return {row.name: row for row in rows}


FUNCTIONS: dict[str, Function] = _table(
    Function(
        "count",
        ("condition",),
        True,
        "condition to number",
        "never",
        "the number of rows on which the condition is true; without a condition, of rows",
        (
            Example("count()", (("x", ("1", "2", "3")),), "3"),
            Example("count(x > 1)", (("x", ("1", "2", "3")),), "2"),
            Example("count(x > 1)", (("x", ()),), "0"),
        ),
        optional=1,
    ),
    Function(
        "share",
        ("condition",),
        True,
        "condition to ratio",
        "when empty",
        "the part of the rows on which the condition is true",
        (
            Example("share(x > 1)", (("x", ("1", "2", "3", "4")),), "75%"),
            Example("share(x > 1)", (("x", ()),), "unknown"),
        ),
    ),
    Function(
        "sum",
        ("x",),
        True,
        "quantity to same",
        "never",
        "the total of the known values; of none, 0",
        (
            Example("sum(x)", (("x", ("1", "2.5", "unknown")),), "3.5"),
            Example("sum(x)", (("x", ("300 CNY", "0.01 CNY")),), "300.01 CNY"),
            Example("sum(x)", (("x", ()),), "0"),
        ),
    ),
    Function(
        "mean",
        ("x",),
        True,
        "quantity to same",
        "when empty",
        "the total of the known values by their number",
        (
            Example("mean(x)", (("x", ("10 s", "20 s")),), "15 s"),
            Example("mean(x)", (("x", ("unknown",)),), "unknown"),
        ),
    ),
    Function(
        "median",
        ("x",),
        True,
        "quantity to same",
        "when empty",
        "the middle of the known values; of an even number, midway between the two in the middle",
        (
            Example("median(x)", (("x", ("1", "9", "2")),), "2"),
            Example("median(x)", (("x", ("1", "2", "4", "9")),), "3"),
        ),
    ),
    Function(
        "min",
        ("x",),
        True,
        "ordered to same",
        "when empty",
        "the least of the known values; of texts, the first by code point",
        (Example("min(x)", (("x", ("3", "unknown", "2")),), "2"),),
    ),
    Function(
        "max",
        ("x",),
        True,
        "ordered to same",
        "when empty",
        "the greatest of the known values; of texts, the last by code point",
        (Example("max(x)", (("x", ("3", "unknown", "2")),), "3"),),
    ),
    Function(
        "distinct",
        ("x",),
        True,
        "anything to number",
        "never",
        "how many different known values there are",
        (Example("distinct(x)", (("x", ("'a'", "'b'", "'a'", "unknown")),), "2"),),
    ),
    Function(
        "at_least",
        ("x", "y"),
        False,
        "two alike",
        "with an argument",
        "x, but not below y",
        (
            Example("at_least(3, 5)", (), "5"),
            Example("at_least(7, 5)", (), "7"),
            Example("at_least(unknown, 5)", (), "unknown"),
        ),
    ),
    Function(
        "at_most",
        ("x", "y"),
        False,
        "two alike",
        "with an argument",
        "x, but not above y",
        (Example("at_most(700 s, 600 s)", (), "600 s"), Example("at_most(3, 5)", (), "3")),
    ),
    Function(
        "round",
        ("x", "step"),
        False,
        "multiple of step",
        "with an argument",
        "x rounded to a multiple of step, halves away from zero",
        (
            Example("round(2.5, 1)", (), "3"),
            Example("round(-2.5, 1)", (), "-3"),
            Example("round(10 CNY / 3, 0.01 CNY)", (), "3.33 CNY"),
        ),
    ),
    Function(
        "floor",
        ("x", "step"),
        False,
        "multiple of step",
        "with an argument",
        "the greatest multiple of step that is not above x",
        (Example("floor(3.6%, 1%)", (), "3%"), Example("floor(-2.5, 1)", (), "-3")),
    ),
    Function(
        "ceil",
        ("x", "step"),
        False,
        "multiple of step",
        "with an argument",
        "the least multiple of step that is not below x",
        (Example("ceil(3.1%, 1%)", (), "4%"), Example("ceil(-2.5, 1)", (), "-2")),
    ),
    Function(
        "default",
        ("x", "spare"),
        False,
        "value or spare",
        "with the spare",
        "x, or the spare value where x is unknown",
        (Example("default(unknown, 5)", (), "5"), Example("default(3, 5)", (), "3")),
    ),
    Function(
        "attain",
        ("x", "target"),
        False,
        "points",
        "with a target",
        "points for reaching a target: 100 times x by target, for a metric that is better lower "
        "100 times target by x, held between 0 and 100",
        (
            Example("attain(15%, 30%)", (), "50"),
            Example("attain(45%, 30%)", (), "100"),
            Example("attain(1, 0)", (), "unknown"),
        ),
    ),
    Function(
        "slices",
        ("scale", "x"),
        False,
        "area under scale",
        "with an argument",
        "each slice of x at its own rate: the marginal reading of a stair",
        (),
    ),
    Function(
        "month",
        ("moment",),
        False,
        "month of moment",
        "with an argument",
        "the month a day or time falls in, in the ruleset's zone, from the hour its days start",
        (),
    ),
    Function(
        "longest_run",
        ("condition", "group"),
        False,
        "condition over months",
        "never",
        "the longest unbroken run of months in which the condition is true, over a subject's own "
        "months; an unknown month neither breaks a run nor counts",
        (),
        of_group=True,
    ),
    Function(
        "beats",
        ("x", "group"),
        False,
        "standing",
        "when alone",
        "the part of the others in the group that are worse, a tie counting half",
        (),
        of_group=True,
    ),
    Function(
        "split",
        ("amount", "weight", "group"),
        False,
        "part of a pool",
        "with an argument",
        "my part of an amount that the group shares by weight: to the minor unit, what is left to "
        "the largest remainders, then to the first keys",
        (),
        of_group=True,
    ),
)
