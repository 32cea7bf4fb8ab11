"""Shops computed together: whether each of them still sees its own rows alone.

A table is of the shops where its rows name one from the start: what is grouped, matched or looked
up among them goes by that column too. Other tables are everybody's, the same for each shop. Their
rows may find a shop by looking up a row of one; everything else they look up must be of that row.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.plan.graph import columns_in
from kpi_engine.plan.nodes import Lookup, Plan, Stage, TableStep
from kpi_engine.plan.stages import lookups_in
from kpi_engine.plan.tables import DROPPED
from kpi_engine.ruleset.checked import POOL, Pool, Ruleset, Table
from kpi_engine.ruleset.forms import check_budget
from kpi_engine.ruleset.pooling import TOO_MANY_DIGITS, NotPooledError


@dataclass(slots=True)
class _Sorts:
    """What is known of everybody's tables, by name.

    ``tainted`` are their columns that depend on rows of shops, ``found`` is by which columns rows
    find a row of a shop, and in which input; in ``selected`` which rows there are depends on it.
    """

    pool: Pool
    tables: Mapping[str, Table]
    tainted: dict[str, set[str]] = field(default_factory=dict)
    found: dict[str, tuple[object, str]] = field(default_factory=dict)
    selected: set[str] = field(default_factory=set)


def compile_pool(ruleset: Ruleset) -> Plan:
    """Return the plan of several shops together.

    Raises:
        NotPooledError: the numbers of all shops together are too wide to compute with, or one
            shop would see rows of another.
    """
    forms, too_wide = check_budget(ruleset)
    if too_wide or ruleset.pool is None:
        raise NotPooledError(TOO_MANY_DIGITS, divisible=True)
    plan = compile_ruleset(replace(ruleset, forms=forms))
    _check_apart(plan, ruleset.pool)
    return plan


def _check_apart(plan: Plan, pool: Pool) -> None:
    """Raise `NotPooledError` where a value of a shop could depend on rows of another."""
    if pool.shop not in plan.steps[-1].key:
        raise NotPooledError("a group of subjects spans shops")
    sorts = _Sorts(pool, plan.ruleset.tables)
    for step in plan.tables:
        _check_table(sorts, step)
    for lookup in (*lookups_in(plan.roster.opened), *plan.lookups):
        _check_lookup(sorts, plan.roster.table, lookup)
    for gather in plan.gathers:
        asked = dict(zip(gather.key, (pair.asked for pair in gather.asked), strict=True))
        named = asked.get(pool.shop)
        of_row = named is not None and named.op == "column" and named.args == (pool.shop,)
        if not of_row or (gather.table not in pool.own and gather.table not in sorts.found):
            raise NotPooledError(f"rows of `{gather.table}` do not name the shop they count for")
        for lookup in lookups_in(gather.taken):
            _check_lookup(sorts, gather.table, lookup)


def _check_table(sorts: _Sorts, step: TableStep) -> None:
    pool = sorts.pool
    if step.origin is not None and step.name not in pool.own:
        if step.origin in pool.own:
            raise NotPooledError(f"`{step.name}` is grouped across shops")
        if step.origin in sorts.selected or sorts.tainted[step.origin] & set(step.reads):
            kept = step.per is None or pool.shop in step.per
            if not kept or pool.shop not in step.reads or step.origin not in sorts.found:
                raise NotPooledError(f"`{step.name}` is made of what is looked up in shops")
            sorts.found[step.name] = sorts.found[step.origin]
            sorts.tainted[step.name] = sorts.tainted[step.origin] & set(step.reads)
    there = {column.name for column in sorts.tables[step.name].columns}
    if step.origin is not None:
        there = set(sorts.tables[step.origin].types)
    known = {*there, *(column.name for column in step.gathers), "run"}
    known |= {name for match in step.matches for name in match.carried}
    tainted = sorts.tainted.setdefault(step.name, set())
    for stage in (*step.opened, *step.taken, *step.added):
        _check_stage(sorts, step, stage, known, tainted)
    read = {name for column in step.gathers if (name := column.argument) is not None}
    read |= set(columns_in([] if step.runs is None else [step.runs.starts]))
    if step.per is not None and pool.shop not in step.per and tainted & read:
        raise NotPooledError(f"`{step.name}` is made of what is looked up in shops")
    if tainted & {DROPPED, *columns_in([] if step.where is None else [step.where])}:
        sorts.selected.add(step.name)
    for match in step.matches:
        by_shop = pool.shop in columns_in(pair.held for pair in match.same)
        if _is_of_shops(sorts, match.table) and not (by_shop and step.name in pool.own):
            raise NotPooledError(f"`{step.name}` is matched across shops")


def _check_stage(
    sorts: _Sorts, step: TableStep, stage: Stage, known: set[str], tainted: set[str]
) -> None:
    """Note what a stage makes known, and what of it depends on rows of shops."""
    if not isinstance(stage, Lookup):
        for assignment in stage:
            known.add(assignment.name)
            if tainted & set(columns_in([assignment.core])):
                tainted.add(assignment.name)
        return
    made = {column.name for column in stage.columns}
    if stage.table == POOL and not known.issuperset(columns_in(p.asked for p in stage.key)):
        raise NotPooledError(f"rows of `{step.name}` read a param before they find their shop")
    _check_lookup(sorts, step.name, stage)
    known |= made
    if step.name not in sorts.pool.own and (
        stage.table == POOL or _is_of_shops(sorts, stage.table)
    ):
        tainted |= made


def _check_lookup(sorts: _Sorts, table: str, step: Lookup) -> None:
    """Refuse a lookup in rows of shops that may find a row of another than the asking one's."""
    if not _is_of_shops(sorts, step.table):
        return
    if table in sorts.pool.own:
        if sorts.pool.shop not in columns_in(pair.held for pair in step.key):
            raise NotPooledError(f"rows of `{table}` look into `{step.table}` across shops")
        return
    by = tuple(pair.asked for pair in step.key), _input(sorts, step.table)
    if step.valid is not None or sorts.found.setdefault(table, by) != by:
        raise NotPooledError(f"rows of `{table}` look into several rows of shops")


def _is_of_shops(sorts: _Sorts, table: str) -> bool:
    return table in sorts.pool.own or table in sorts.found


def _input(sorts: _Sorts, table: str) -> str:
    while (origin := sorts.tables[table].origin) is not None:
        table = origin
    return table
