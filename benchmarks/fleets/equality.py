"""A fleet against single runs: `python -m benchmarks.fleets.equality FOLDER [SHOPS]`.

Every shop's subjects and pay lines must be those of its ruleset alone over its own rows, to the
last digit, and all shops must share one plan.
"""

import sys
from pathlib import Path

import polars as pl

import kpi_engine as ke
from benchmarks.fleets.measure import PERIOD


def main() -> None:
    """Stop at the first shop whose results differ; else print how many were compared."""
    folder, *most = sys.argv[1:]
    compared = differing(Path(folder), int(most[0]) if most else None)
    print(f"{compared:,} shops: equal to their single runs, one plan")


def differing(folder: Path, most: int | None = None) -> int:
    """Return how many shops were compared, all if not told otherwise."""
    plan = ke.compile_fleet(ke.load_fleet(folder / "shops"))
    if len(plan.groups) != 1:
        raise SystemExit(f"{len(plan.groups)} plans, one was expected")
    results = ke.run_fleet(plan, folder / "data", period=PERIOD)
    declared = plan.groups[0].plan.ruleset.tables
    inputs = [name for name, table in declared.items() if table.origin is None]
    files = {path.stem: path for path in (folder / "data").glob("*.parquet")}
    tables = {name: pl.scan_parquet(files[name]) for name in inputs if name in files}
    named = {name for name, frame in tables.items() if "shop_id" in frame.collect_schema()}
    shops = plan.groups[0].shops[:most]
    for shop in shops:
        own = pl.col("shop_id") == shop
        mine = {name: f.filter(own) if name in named else f for name, f in tables.items()}
        single = ke.run(ke.compile(ke.load(folder / "shops" / f"{shop}.yaml")), mine, period=PERIOD)
        found = ke.shop_results(results, shop)
        for name in ("subjects", "lines"):
            if not getattr(found, name).equals(getattr(single, name)):
                raise SystemExit(f"{shop}: its {name} differ from those of its single run")
    return len(shops)


if __name__ == "__main__":
    main()
