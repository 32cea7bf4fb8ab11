"""What formulas about a subject see so far: it grows as metrics are checked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kpi_engine.language import ir
from kpi_engine.language.scopes import GroupSignature, Prefix, Scope, Sight
from kpi_engine.ruleset.checked import Formula, Group, Metric, Table
from kpi_engine.ruleset.context import Context, scope_of
from kpi_engine.ruleset.scales import Domain
from kpi_engine.ruleset.sights import LAST_DAY
from kpi_engine.text.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Known:
    """The values a formula about a subject sees so far; it grows as metrics are checked.

    ``prefixes`` are the tables it can look into, ``rows`` what formulas over the rows of each table
    see. ``elsewhere`` are the values behind the name of a group or of last period, ``metrics``
    those checked so far, ``formulas`` those over rows that were typed: by table, what an earlier
    condition finds known (None for a condition itself) and text. ``strangers`` are findings about
    metrics whose rows do not say whose they are: mistakes where they are computed, none on a
    parent's shelf.
    """

    refs: dict[str, ir.Ref]
    prefixes: Mapping[str, Prefix]
    rows: Mapping[str, Sight]
    groups: Mapping[str, Group] = field(default_factory=dict)
    signatures: Mapping[str, GroupSignature] = field(default_factory=dict)
    elsewhere: dict[str, dict[str, ir.Ref]] = field(default_factory=dict)
    metrics: dict[str, Metric] = field(default_factory=dict)
    formulas: dict[tuple[str, frozenset[str] | None, str], Formula] = field(default_factory=dict)
    domains: dict[str, Domain] = field(default_factory=dict)
    lower: set[str] = field(default_factory=set)
    leaves: set[str] = field(default_factory=set)
    fractions: set[str] = field(default_factory=set)
    after_score: set[str] = field(default_factory=set)
    strangers: dict[str, list[Diagnostic]] = field(default_factory=dict)


def names_of_lower(tables: Mapping[str, Table]) -> Iterator[str]:
    """Return the names, as formulas read them, of what is better lower in long tables."""
    for table in tables.values():
        yield from (f"{table.name}.{name}" for name in table.lower)


def subject_scope(context: Context, known: Known) -> Scope:
    """Return the scope of a formula about a subject: metrics, roster columns and params."""
    sight = Sight(known.refs, known.prefixes, LAST_DAY)
    return scope_of(context, sight, lower=known.lower, groups=known.signatures)


def with_running(scope: Scope, name: str, running: ir.Ref) -> Scope:
    """Return the scope of a step, in which a total stands for its value so far."""
    sight = scope.sight._replace(names={**scope.sight.names, name: running})
    return scope._replace(sight=sight)
