"""Steps reduced to what is read of them, and what they read of other tables."""

from collections.abc import Mapping
from dataclasses import replace

from kpi_engine.plan.gathering import pruned_gathers
from kpi_engine.plan.graph import columns_in
from kpi_engine.plan.lookups import held_columns
from kpi_engine.plan.matches import match_reads, matched_columns, pruned_match
from kpi_engine.plan.nodes import Lookup, MatchStep, TableStep
from kpi_engine.plan.runs import run_reads
from kpi_engine.plan.stages import lookups_in, pruned_stages
from kpi_engine.plan.tables import DROPPED
from kpi_engine.ruleset.checked import Table


def pruned(step: TableStep, demanded: set[str]) -> TableStep:
    """Return the step reduced to what the demanded columns and its drops need."""
    added, late = pruned_stages(step.added, {*demanded, DROPPED})
    late.discard(DROPPED)
    matches, late = _pruned_matches(step, late)
    gathers = step.gathers
    if step.per is not None:
        gathers = pruned_gathers(gathers, late)
        late = {*step.per, *(c.argument for c in gathers if c.argument is not None)}
    if step.runs is not None:
        late |= run_reads(step.runs)
    taken, late = pruned_stages(step.taken, late)
    if step.where is not None:
        late |= set(columns_in([step.where]))
    opened, late = pruned_stages(step.opened, late)
    return replace(
        step,
        reads=tuple(sorted(late)),
        opened=opened,
        taken=taken,
        gathers=gathers,
        matches=matches,
        added=added,
        columns=tuple(name for name in step.columns if name in demanded),
    )


def _pruned_matches(step: TableStep, late: set[str]) -> tuple[tuple[MatchStep, ...], set[str]]:
    """Return the matches that are read, and what is read of the asking rows."""
    found = (pruned_match(match, late) for match in step.matches)
    matches = tuple(match for match in found if match is not None)
    asked = [name for match in matches for name in match_reads(match)]
    return matches, (late - {name for m in matches for name in m.carried}) | set(asked)


def lookups_of(step: TableStep) -> tuple[Lookup, ...]:
    """Return everything a table looks up, in the order it does."""
    return lookups_in((*step.opened, *step.taken, *step.added))


def demand_others(
    lookups: tuple[Lookup, ...],
    matches: tuple[MatchStep, ...],
    demanded: dict[str, set[str]],
    tables: Mapping[str, Table],
) -> None:
    """Add the columns that lookups and matches read of other tables to those demanded of them."""
    for lookup in lookups:
        demanded.setdefault(lookup.table, set()).update(held_columns(lookup, tables[lookup.table]))
    for match in matches:
        demanded.setdefault(match.table, set()).update(matched_columns(match))
