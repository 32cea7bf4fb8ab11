"""The table of rulesets/README.md, made from the rulesets themselves: `make docs` writes it."""

from functools import cache
from pathlib import Path

import kpi_engine as ke
from kpi_engine.cli.listing import HEADS, said, summary_cells

README = Path(__file__).parents[2] / "rulesets" / "README.md"
BEGIN = "<!-- The table: made by `make docs` from the rulesets, and held to them by a test. -->\n"
END = "<!-- The end of the table. -->\n"


def with_table(text: str) -> str:
    """Return the page with the table of the rulesets as they are now."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{ruleset_table()}\n{END}{after}"


@cache
def ruleset_table() -> str:
    """Return one row for each ruleset that ships."""
    heads = ("ruleset", *HEADS, "source")
    rows = [heads, ["---"] * len(heads), *map(_cells, ke.list_rulesets())]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _cells(summary: ke.RulesetSummary) -> list[str]:
    cells = [f"`{summary.ruleset}`", *summary_cells(summary, _code), said(summary.source) or "–"]
    return [cell.replace("|", "\\|") for cell in cells]


def _code(text: str) -> str:
    return f"`{text}`"


def write_readme() -> None:
    """Write the table of the page anew."""
    README.write_text(with_table(README.read_text("utf-8")), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write_readme()
