"""Shops, their rows, their files: `python -m benchmarks.fleets.made_shops SHOPS MESSAGES FOLDER`.

The rows are those of small samples of different seeds, written again under ids of their own until
there are enough shops. Every shop has params, tiers and weights of its own.
"""

import sys
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import polars as pl

from kpi_engine.sample import write_sample

SEEDS, SHOPS_A_SAMPLE = 10, 2
SEED = 1
KEYS = ("message_id", "order_id", "refund_id", "rating_id", "ticket_id", "incident_id")
BASE = "taobao/presales"

_SHOP = """\
ruleset: shops/{shop}
extends: {base}
params:
  conversion_target: {target}%
  response_points: {{at {low}%: 0, at 90%: {middle}, at 100%: 100}}
  satisfaction_points: {{at {start}%: 0, at 90%: 100}}
  commission_rate: {{{tiers}}}
score:
  items:
    service: {{weight: {service}}}
    conversion: {{weight: {conversion}}}
    aov: {{weight: {aov}}}
    volume: {{weight: {volume}}}
    refund_rate: {{weight: {refunds}}}
"""


def main() -> None:
    """Write the tables into `data`, the shops' files into `shops` beside it."""
    shops, messages, folder = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    names = write_rows(shops, messages, folder / "data")
    write_files(names, folder / "shops")


def write_rows(shops: int, messages: int, folder: Path) -> list[str]:
    """Write tables of so many shops and about as many messages, and return the shops' names."""
    copies = shops // (SEEDS * SHOPS_A_SAMPLE)
    each = messages // (SEEDS * copies)
    folder.mkdir(parents=True)
    with TemporaryDirectory(dir=folder.parent) as place:
        samples = []
        for seed in range(SEEDS):
            samples.append(Path(place) / str(seed))
            write_sample(samples[-1], messages=each, seed=seed)
        for table in sorted(path.stem for path in samples[0].glob("*.parquet")):
            rows = pl.concat(
                _named(pl.scan_parquet(sample / f"{table}.parquet"), f"{number}")
                for number, sample in enumerate(samples)
            ).collect()
            again = (_named(rows.lazy(), f"{copy}") for copy in range(copies))
            pl.concat(list(again)).sink_parquet(folder / f"{table}.parquet")
    return sorted(pl.read_parquet(folder / "agents.parquet")["shop_id"].unique())


def _named(rows: pl.LazyFrame, suffix: str) -> pl.LazyFrame:
    """Return rows whose shops and keys are none of another copy's."""
    names = [name for name in rows.collect_schema() if name in {"shop_id", *KEYS}]
    return rows.with_columns(pl.format("{}-{}", name, pl.lit(suffix)).alias(name) for name in names)


def write_files(names: list[str], folder: Path) -> None:
    """Write a file for every shop: one base, numbers of its own."""
    folder.mkdir(parents=True)
    random = Random(SEED)
    for name in names:
        text = shop_text(name, random)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def shop_text(name: str, random: Random) -> str:
    """Return the file of a shop: falling weights that add up to 100, one to four tiers."""
    cuts = sorted(random.sample(range(1, 20), 4))
    parts = sorted((b - a for a, b in zip([0, *cuts], [*cuts, 20], strict=True)), reverse=True)
    weights = [5 * part + spare for part, spare in zip(parts, (2, 1, 0, -1, -2), strict=True)]
    bounds = sorted(random.sample(range(10_000, 200_000, 5_000), random.randint(1, 4)))
    rates = sorted(random.sample(range(2, 30), len(bounds) + 1))
    tiers = [f"else: 0.{rates[0]:02}%"]
    pairs = zip(bounds, rates[1:], strict=True)
    tiers += [f"from {bound} CNY: 0.{rate:02}%" for bound, rate in pairs]
    return _SHOP.format(
        shop=name,
        base=BASE,
        target=random.randint(20, 60),
        low=random.randint(50, 75),
        middle=random.randint(60, 95),
        start=random.randint(40, 80),
        tiers=", ".join(tiers),
        **dict(zip(("service", "conversion", "aov", "volume", "refunds"), weights, strict=True)),
    )


if __name__ == "__main__":
    main()
