"""How values stand in the frame of subjects: their columns, and the grids they are rounded to."""

from kpi_engine.language import core, quotients
from kpi_engine.language.core import Core, Rational, Value, whole
from kpi_engine.language.exact import HIGHEST_SUM, column_value
from kpi_engine.language.kinds import QUANTITIES, Kind, Type

COMPOSITE_GRID = 10**9
POINTS_GRID = 10**6
MONTH_COLUMN = "period.month"
"""The month of a row of subjects, year * 12 + month - 1."""
HIGHEST_MONTH = 12 * 9999 + 11
MONTH = Core("column", (MONTH_COLUMN,), 0, HIGHEST_MONTH)
AGO_COLUMN = "period.ago"
AGO = Core("column", (AGO_COLUMN,), 0, HIGHEST_MONTH)
"""How many months a row of subjects lies before the period of the run: 0, but for history."""


def metric_columns(name: str) -> tuple[str, str]:
    """Return the columns of a metric's numerator and denominator.

    >>> metric_columns("aov")
    ('metric.aov.num', 'metric.aov.den')
    """
    return f"metric.{name}.num", f"metric.{name}.den"


def roster_column(name: str) -> str:
    """Return the column of a roster attribute.

    >>> roster_column("perf_wage")
    'roster.perf_wage'
    """
    return f"roster.{name}"


def past_value(name: str, kind: Kind) -> Value:
    """Return how a value of an earlier month reads, a column as results show it."""
    column = past_column(name)
    if kind not in QUANTITIES:
        return column_value(column, Type(kind))
    grid = 1 if kind in {Kind.MONEY, Kind.DURATION} else COMPOSITE_GRID
    highest = HIGHEST_SUM if grid == 1 else core.WIDEST_INPUT * grid
    return Rational(Core("column", (column,), -highest, highest), whole(grid))


def past_column(name: str) -> str:
    """Return the column of a value of an earlier month.

    >>> past_column("score")
    'past.score'
    """
    return f"past.{name}"


def settled(value: Rational, kind: Kind) -> Rational:
    """Return a value rounded once: money and durations to their unit, numbers to 10^-9.

    A number that lies on the grid already, over a divisor of it, stays as it is.
    """
    grid = 1 if kind in {Kind.MONEY, Kind.DURATION} else COMPOSITE_GRID
    divisor = core.constant(value.den)
    if divisor is not None and grid % divisor == 0:
        return value
    rounded = core.round_to_grid(value.num, value.den, grid)
    return Rational(core.within(rounded, core.limit_of(value) * grid), whole(grid))


def points_value(value: Value) -> Core:
    """Return points in millionths."""
    rational = quotients.as_rational(value)
    return core.round_to_grid(rational.num, rational.den, POINTS_GRID)
