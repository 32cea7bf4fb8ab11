import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]
PYPROJECT = ROOT / "pyproject.toml"
STOREYS = sorted(
    folder.name
    for folder in (ROOT / "src/kpi_engine").iterdir()
    if (folder / "__init__.py").exists()
)

# PyPI's word for a library, where it is not the word that is imported; None: never imported.
MODULE_BY_DISTRIBUTION = {"pyyaml": "yaml", "tzdata": None}


def contract_modules() -> set[str]:
    contracts = tomllib.loads(PYPROJECT.read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    return {
        module
        for contract in contracts
        for module in contract.get("forbidden_modules", [])
        if not module.startswith("kpi_engine")
    }


def lint_imports(folder: Path, source: Path) -> subprocess.CompletedProcess[str]:
    """Hold the package found in ``source`` to the contracts."""
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", command, "--config", str(PYPROJECT), "--no-cache", "--no-logo"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_the_package_keeps_every_import_contract(tmp_path):
    result = lint_imports(tmp_path, ROOT / "src")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("text", "import kpi_engine.language", "imports go downwards only"),
        ("plan", "import kpi_engine.reference", "imports go downwards only"),
        ("reference", "import kpi_engine.plan", "imports go downwards only"),
        ("execution", "import kpi_engine.sample", "imports go downwards only"),
        ("review", "import kpi_engine.cli", "imports go downwards only"),
        ("cli", "import kpi_engine.execution", "the command line uses the public API alone"),
        ("review", "import kpi_engine", "no storey but the command line imports the facade"),
        ("", "import kpi_engine.cli", "the facade does not import the command line"),
        ("sample", "import kpi_engine.ruleset", "sample data knows nothing of rulesets"),
        ("language", "import yaml", "PyYAML lives in text"),
        ("execution", "import pydantic", "pydantic lives in ruleset"),
        ("plan", "import simpleeval", "simpleeval lives in reference"),
        ("reference", "import polars", "Polars lives where frames are made or read"),
        ("", "import rich.table", "typer and rich live in cli"),
    ],
)
def test_a_wrong_import_breaks_its_contract(tmp_path, module, line, contract):
    package = tmp_path / "kpi_engine"
    for storey in STOREYS:
        (package / storey).mkdir(parents=True)
        (package / storey / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / module / "__init__.py").write_text(line, "utf-8")
    result = lint_imports(tmp_path, tmp_path)
    assert result.returncode == 1, result.stderr
    assert re.search(rf"^{contract} BROKEN$", result.stdout, re.MULTILINE), result.stdout


def test_every_library_imported_has_a_room():
    graph = grimp.build_graph("kpi_engine", include_external_packages=True, cache_dir=None)
    libraries = {
        module
        for module in graph.modules
        if graph.is_module_squashed(module) and module not in sys.stdlib_module_names
    }
    assert libraries - contract_modules() == set()


def test_every_dependency_has_a_room():
    dependencies = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]["dependencies"]
    names = {re.split(r"[<>=~!\[ ]", dependency)[0] for dependency in dependencies}
    modules = {MODULE_BY_DISTRIBUTION.get(name, name) for name in names} - {None}
    assert modules - contract_modules() == set()
