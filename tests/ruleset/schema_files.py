"""The schemas as files, for editors and for the wheel: `python -m tests.ruleset.schema_files`."""

import json
from pathlib import Path
from typing import Literal

import kpi_engine as ke

KINDS: tuple[Literal["ruleset", "test"], ...] = ("ruleset", "test")
FOLDER = Path(__file__).parents[2] / "docs" / "schemas"


def schema_files() -> dict[str, str]:
    """Return the text of each schema file by name."""
    return {
        f"{kind}.schema.json": json.dumps(ke.json_schema(kind), ensure_ascii=False, indent=2) + "\n"
        for kind in KINDS
    }


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in schema_files().items():
        (FOLDER / name).write_text(text, encoding="utf-8", newline="\n")
