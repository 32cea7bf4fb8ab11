"""The wheel alone is enough: built here, used elsewhere, with the shipped rulesets inside."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MINE = """\
ruleset: shops/mine
extends: taobao/presales
params: {conversion_target: 28%}
"""


def _run(*command: str | Path, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **more},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_installed_wheel_checks_a_file_that_extends_a_shipped_ruleset(tmp_path: Path):
    options = ("--no-deps", "--no-build-isolation", "--quiet", "--wheel-dir", tmp_path)
    built = _run(sys.executable, "-m", "pip", "wheel", ROOT, *options, cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("kpi_engine-*.whl")

    elsewhere = tmp_path / "elsewhere"
    venv.create(elsewhere / "env", with_pip=False)
    python = elsewhere / "env" / "bin" / "python"
    purelib = sysconfig.get_path("purelib", vars={"base": str(elsewhere / "env")})
    unpacked = _run(sys.executable, "-m", "zipfile", "-e", wheel, purelib, cwd=tmp_path)
    assert unpacked.returncode == 0, unpacked.stderr

    (elsewhere / "mine.yaml").write_text(MINE, encoding="utf-8")
    # The libraries come from this environment; a path named so runs no .pth file, so that the
    # editable install of the checkout stays out.
    libraries = sysconfig.get_path("purelib")
    where = "import kpi_engine; print(kpi_engine.__file__)"
    imported = _run(python, "-c", where, cwd=elsewhere, PYTHONPATH=libraries)
    assert Path(imported.stdout.strip()).is_relative_to(purelib), imported.stderr

    main = "from kpi_engine.cli import main; main()"
    checked = _run(python, "-c", main, "check", "mine.yaml", cwd=elsewhere, PYTHONPATH=libraries)
    assert checked.returncode == 0, checked.stderr

    # The environment stands in the folder of the work, and still the base has its own name.
    shown = _run(python, "-c", main, "show", "mine.yaml", cwd=elsewhere, PYTHONPATH=libraries)
    assert ", overrides 45% in rulesets/taobao/presales.yaml:" in shown.stdout
    assert "env/" not in shown.stdout

    for kind in ("ruleset", "test"):
        printed = _run(python, "-c", main, "schema", kind, cwd=elsewhere, PYTHONPATH=libraries)
        shipped = Path(purelib) / "kpi_engine" / "schemas" / f"{kind}.schema.json"
        assert json.loads(printed.stdout) == json.loads(shipped.read_text("utf-8"))

    page = _run(python, "-c", main, "rule", "K220", cwd=elsewhere, PYTHONPATH=libraries)
    assert page.stdout.startswith("# K220: unknown name `…`\n"), page.stderr

    schema = _run(python, "-c", main, "schema", cwd=elsewhere, PYTHONPATH=libraries)
    assert schema.stdout.startswith('{\n  "$schema": "http://json-schema.org/draft-07/schema#"')
