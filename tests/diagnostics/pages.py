"""The pages under docs/codes, made from the tables and the fixtures: `make docs` writes them."""

import re
from pathlib import Path

from kpi_engine.text.meanings import MEANINGS
from kpi_engine.text.messages import MESSAGES
from kpi_engine.text.pages import FACT, outline

HERE = Path(__file__).parent
PAGES = HERE.parents[1] / "docs" / "codes"
MENDED = HERE / "mended"
TOLD = HERE / "told"
SHARED = ("pay.yaml", "north.yaml", "data/agents.csv", "data/orders.csv", "data/ratings.csv")
SUBJECT_BY_START = {
    "K1": "text and YAML",
    "K2": "formulas",
    "K3": "rulesets",
    "K4": "data and runs",
    "K5": "ruleset tests and the command line",
    "K6": "files over files",
    "K7": "the rules themselves",
}
FIRST_WORDS = (
    "Every finding has a code, and every code its page: `kpi-engine rule K220` prints it. Codes "
    "never change their meaning and are never used again. These pages are made by `make docs`."
)
WORDS_ON_FILES = (
    "What stands beside it where examples run commands or Python. There `ke` is `kpi_engine` and "
    "`pl` Polars; what is raised, or stands in `found`, is shown."
)


def page_by_name() -> dict[str, str]:
    """Return every page of the folder by the name of its file."""
    pages = {f"{code}.md": page_of(code) for code in MESSAGES}
    return pages | {"README.md": list_of_codes()}


def page_of(code: str) -> str:
    """Return what a code means, an example of each fixture, and what to write instead."""
    message = MESSAGES[code]
    parts = [
        f"# {code}: {outline(message.text)}",
        f"*{message.severity}, {SUBJECT_BY_START[code[:2]]}*",
        MEANINGS[code],
    ]
    fixtures = sorted(HERE.glob(f"{code}-*.yaml"))
    for fixture in fixtures:
        what = fixture.stem.partition("-")[2].replace("-", " ")
        parts += [f"## Example: {what}", _yaml(fixture), _block("text", _said(fixture))]
    told = sorted(TOLD.glob(f"{code}-*.md"))
    for page in told:
        what = page.stem.partition("-")[2].replace("-", " ")
        parts += [f"## Example: {what}", page.read_text(encoding="utf-8").rstrip()]
    hint = outline(message.help or "")
    mended = [_yaml(path) for path in sorted(MENDED.glob(f"{code}-*.yaml"))]
    if mended and FACT in hint:
        hint = ""  # the mended example says it with the facts of a case
    if hint or mended:
        parts += ["## Write instead", *([hint] if hint else []), *mended]
    if any(_extends_shop(fixture) for fixture in fixtures):
        parts.append(
            "`shop` is a small ruleset that the examples share, [at the end](README.md#shop)."
        )
    if told:
        parts.append("The example begins with [a few files](README.md#files) that many share.")
    return "\n\n".join(parts) + "\n"


def list_of_codes() -> str:
    """Return the page that lists all codes, and the ruleset that examples extend."""
    parts = ["# Codes", FIRST_WORDS]
    for start, subject in SUBJECT_BY_START.items():
        rows = [
            f"| [{code}]({code}.md) | {message.severity} | {_cell(outline(message.text))} |"
            for code, message in sorted(MESSAGES.items())
            if code.startswith(start)
        ]
        parts += [f"## {subject}", "\n".join(["| code | | says |", "|---|---|---|", *rows])]
    parts += ["## shop", "The ruleset that examples extend:", _yaml(HERE / "shop.yaml")]
    parts += ["## files", WORDS_ON_FILES]
    parts += [_file(name, TOLD / "files" / name) for name in SHARED]
    return "\n\n".join(parts) + "\n"


def _yaml(path: Path) -> str:
    return _block("yaml", path.read_bytes().decode())


def _file(name: str, path: Path) -> str:
    return _block(f"{path.suffix[1:]} {name}", path.read_text(encoding="utf-8"))


def _said(fixture: Path) -> str:
    return fixture.with_suffix(".txt").read_text(encoding="utf-8")


def _block(kind: str, text: str) -> str:
    return f"```{kind}\n{text.rstrip()}\n```"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _extends_shop(fixture: Path) -> bool:
    return re.search(r"^extends: shop$", fixture.read_text("utf-8"), re.MULTILINE) is not None


def write_pages() -> None:
    """Write every page anew, and remove those of codes that are gone."""
    PAGES.mkdir(exist_ok=True)
    pages = page_by_name()
    for path in PAGES.iterdir():
        if path.name not in pages:
            path.unlink()
    for name, text in pages.items():
        (PAGES / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write_pages()
