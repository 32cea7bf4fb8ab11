"""Ways to get a fault into what is said of groups, and of earlier months."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import polars as pl
import pytest
from tests.properties.faults import Inject

from kpi_engine.language import core, grouped, quotients
from kpi_engine.language.core import Comparison, Core, Rational, Value, whole
from kpi_engine.language.grouped import Among
from kpi_engine.language.kinds import Kind
from kpi_engine.plan import facts, history, slip
from kpi_engine.plan.making import Made
from kpi_engine.plan.nodes import GatherStep, Plan
from kpi_engine.plan.period import Window
from kpi_engine.ruleset import forms
from kpi_engine.ruleset.kept import AGO_COLUMN, MONTH_COLUMN


def place_not_shared(patch: pytest.MonkeyPatch) -> None:
    def rank(keys: Sequence[Core], values: Sequence[Core], highest: Sequence[bool]) -> Core:
        order = [core.neg(x) if high else x for x, high in zip(values, highest, strict=True)]
        position = grouped._over("position", keys, core.ONE, (0, 10**6), order)  # noqa: SLF001
        known = Core("known", (values[0],))
        return core.choose(known, core.add(position, core.ONE), core.UNKNOWN_WHOLE)

    patch.setattr(grouped, "_rank", rank)


def remainders_reversed(patch: pytest.MonkeyPatch) -> None:
    faithful, compare = grouped._seats_up_to, core.compare  # noqa: SLF001 (the fault goes there)
    turned: dict[Comparison, Comparison] = {"ge": "gt", "gt": "ge"}

    def swapped(op: Comparison, left: Core, right: Core) -> Core:
        return compare(turned.get(op, op), left, right)

    def seats_up_to(number: Core, shares: Sequence[Fraction]) -> list[Core]:
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(core, "compare", swapped)
            return faithful(number, shares)

    patch.setattr(grouped, "_seats_up_to", seats_up_to)


def oneself_beaten(patch: pytest.MonkeyPatch) -> None:
    faithful = grouped._beats  # noqa: SLF001 (the fault goes where others are counted)

    def beats(keys: Sequence[Core], x: Rational, *, highest: bool) -> Rational:
        everybody = grouped._known(keys, x)  # noqa: SLF001 (they are counted right)
        return Rational(faithful(keys, x, highest=highest).num, core.mul(everybody, whole(2)))

    patch.setattr(grouped, "_beats", beats)


def mean_of_all(patch: pytest.MonkeyPatch) -> None:
    faithful = grouped.group_value

    def group_value(function: str, args: Sequence[Value], among: Among, *others: object) -> Value:
        value = faithful(function, args, among, *others)  # type: ignore[arg-type]
        if function != "mean" or not isinstance(value, Rational):
            return value
        x = quotients.as_rational(args[0])
        every = grouped._over("count", among.keys, core.known(among.month), (1, 10**6))  # noqa: SLF001
        return Rational(value.num, core.mul(every, x.den), value.limit)

    patch.setattr(forms, "group_value", group_value)


def run_broken_by_unknown(patch: pytest.MonkeyPatch) -> None:
    faithful, choose = grouped._longest_run, core.choose  # noqa: SLF001 (the fault goes there)

    def longest_run(among: Among, condition: Core) -> Core:
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(core, "choose", lambda _, one, none: choose(condition, none, one))
            return faithful(among, condition)

    patch.setattr(grouped, "_longest_run", longest_run)


def keys_reversed(patch: pytest.MonkeyPatch) -> None:
    faithful = grouped._split  # noqa: SLF001 (the fault goes where what is left over is given)

    def split(among: Among, amount: Core, weight: Core) -> Core:
        return faithful(among._replace(subject=among.subject[::-1]), amount, weight)

    patch.setattr(grouped, "_split", split)


def history_of(taken: Callable[[pl.Expr], pl.Expr]) -> Inject:
    """Return what takes months by a fault: by how long ago they are."""
    faithful = history.with_history

    def with_history(
        names: Mapping[str, Kind], present: pl.DataFrame, past: pl.DataFrame | None
    ) -> pl.DataFrame:
        rows = faithful(names, present, None)
        if past is None or not names:
            return rows
        ago = pl.lit(present[MONTH_COLUMN][0], dtype=pl.Int64) - pl.col(MONTH_COLUMN)
        # What is taken is of the past, or else it would stand among the subjects.
        found = past.filter(taken(ago)).with_columns(ago.clip(1).alias(AGO_COLUMN))
        return pl.concat([rows, found], how="diagonal")

    return lambda patch: patch.setattr(slip, "with_history", with_history)


def of_the_roster(patch: pytest.MonkeyPatch) -> None:
    faithful = facts._gathered  # noqa: SLF001 (the fault goes where rows are gathered)

    def gathered(plan: Plan, step: GatherStep, made: Made, window: Window) -> pl.LazyFrame:
        people, key = made.undropped["people"], list(plan.ruleset.subject.key)
        own = made.rows[step.table].join(people, on=key, how="semi")
        return faithful(plan, step, replace(made, rows={**made.rows, step.table: own}), window)

    patch.setattr(facts, "_gathered", gathered)
