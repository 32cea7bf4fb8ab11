"""A random case paid by the plan and by the oracle, held against each other cent by cent."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import polars as pl
from tests.pay_oracle.cases import PayCase, draw_case, expect, pools_of
from tests.pay_oracle.people import frame_of

import kpi_engine as ke

PERIOD = "2026-10"


@dataclass(slots=True)
class Tally:
    """What was compared, and how many of them differed."""

    counts: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)


def compare_case(seed: int, people: int) -> Tally:
    """Return what the plan and the oracle say of one random ruleset."""
    random = Random(seed)
    case = draw_case(random, people)
    subjects = _paid(case, frame_of(random, case.people, case.money.digits))
    expected = expect(case)
    tally = Tally()
    columns: dict[str, Sequence[object]] = {
        "score": [None if s is None else Decimal(s).scaleb(-2) for s in expected.scores],
        **{f"line.{name}": amounts for name, amounts in expected.lines.items()},
        "pay": expected.pay,
        "pay.status": expected.status,
    }
    for name, wanted in columns.items():
        got = subjects[name].to_list()
        tally.counts["amounts"] += 0 if name == "pay.status" else len(wanted)
        for person, (mine, theirs) in enumerate(zip(got, wanted, strict=True)):
            if mine != theirs:
                tally.differences.append(f"seed {seed}, {name} of {person}: {mine}, not {theirs}")
    tally.counts += Counter(
        cases=len(case.people),
        halves=expected.halves,
        held=sum(status != "ok" for status in expected.status),
        below_zero=sum(pay is not None and pay < 0 for pay in expected.pay),
    )
    tally.differences += _broken_sums(case, subjects, tally.counts)
    return tally


def _paid(case: PayCase, roster: pl.DataFrame) -> pl.DataFrame:
    """Return the subjects of a run, in the order of the case's people."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "pay.yaml"
        path.write_text(case.document(), encoding="utf-8")
        plan = ke.compile(ke.load(path))
    return ke.run(plan, {"agents": roster}, period=PERIOD).subjects


def _broken_sums(case: PayCase, subjects: pl.DataFrame, counts: Counter[str]) -> list[str]:
    """Return the pools, pays and scores that are not what their parts add up to."""
    broken = []
    for name, shops in pools_of(case).items():
        shared: dict[Fraction | None, int | None] = {}
        parts = subjects[f"line.{name}"].to_list()
        for person, part in zip(case.people, parts, strict=True):
            before = shared.get(person["shop"], 0)
            shared[person["shop"]] = None if part is None or before is None else before + part
        counts["pools"] += len(shops)
        broken += [f"{name} of shop {shop}" for shop, whole in shops if shared[shop] != whole]
    lines = [name for name in subjects.columns if name.startswith("line.")]
    parts = [name for name in subjects.columns if name.startswith(("part.", "step."))]
    for total, names in (("pay", lines), ("score", parts)):
        known = subjects.filter(pl.col(total).is_not_null())
        sums = [sum(row) for row in known.select(names).iter_rows()]
        counts[f"sums of {total}"] += len(sums)
        wanted = known[total].to_list()
        broken += [f"{total}: {a}, not {b}" for a, b in zip(sums, wanted, strict=True) if a != b]
    return broken
