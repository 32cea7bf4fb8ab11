"""The plans of a fleet: one for all shops whose rulesets differ in numbers alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.plan.nodes import Plan
from kpi_engine.plan.shops import compile_pool
from kpi_engine.ruleset.checked import Ruleset
from kpi_engine.ruleset.fleets import Fleet
from kpi_engine.ruleset.pooling import NotPooledError, pool
from kpi_engine.ruleset.structure import alike


@dataclass(frozen=True, slots=True)
class ShopGroup:
    """Shops of one plan.

    ``structure`` is the hash of what their rulesets have in common: all but params, scales and
    weights. ``numbers`` are what differs, by column in the order of the ``shops``. ``alone`` says
    why a shop has a plan of its own though others share its structure.
    """

    structure: str
    shops: tuple[str, ...]
    plan: Plan
    numbers: Mapping[str, Sequence[int]]
    alone: str | None


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """A compiled fleet: made once, run for any period."""

    fleet: Fleet
    groups: tuple[ShopGroup, ...]


def compile_fleet(fleet: Fleet) -> FleetPlan:
    """Return the plans of a fleet."""
    groups = [
        group
        for structure, shops in alike(fleet.shops).items()
        for group in _grouped(fleet.shop, structure, shops)
    ]
    return FleetPlan(fleet, tuple(groups))


def _grouped(shop: str, structure: str, shops: Mapping[str, Ruleset]) -> Iterator[ShopGroup]:
    """Return the plan of shops of one structure; more than one where they cannot be pooled."""
    waiting = [tuple(shops)]
    alone = None
    while waiting:
        names = waiting.pop(0)
        if len(names) == 1:
            plan = compile_ruleset(shops[names[0]])
            yield ShopGroup(structure, names, plan, {}, alone)
            continue
        try:
            pooled, numbers = pool(shop, {name: shops[name] for name in names})
            yield ShopGroup(structure, names, compile_pool(pooled), numbers, None)
        except NotPooledError as error:
            alone = str(error)
            half = len(names) // 2 if error.divisible else 1
            waiting += [names[at : at + half] for at in range(0, len(names), half)]
