import os
import subprocess
import sys
from pathlib import Path

import pytest

import kpi_engine as ke

SOURCE = Path(__file__).parents[2] / "src"

IN_COPIES = """\
import os, sys
import kpi_engine as ke
from kpi_engine.review import inspection

inspection.FILES_A_PROCESS = 1
os.sched_getaffinity = lambda process: {0, 1, 2}
found = ke.check("shops")
print(*map(ke.render_json, found.diagnostics), *found.files, sep="\\n")
print(os.times().children_user > 0, file=sys.stderr)
"""
ALONE = """\
ruleset: {name}
zone: UTC
currency: CNY
subject: {{from: agents, key: agent_id}}
params: {{bonus: 50 CNY, idle: 10 CNY}}
tables: {{agents: {{key: agent_id, columns: {{agent_id: text, wage: money}}}}}}
pay: {{lines: {{wage: 'wage + {bonus}'}}}}
"""


@pytest.fixture
def shops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Shops over two bases, one of them among them, strangers, and files with mistakes."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "shops"
    folder.mkdir()
    texts = {name: ALONE.format(name=name, bonus="bonus") for name in ("base", "elm", "fir")}
    texts |= {
        "oak": ALONE.format(name="oak", bonus="bonsu"),
        "a": "ruleset: a\nextends: base\nparams: {bonus: 80 CNY}\n",
        "b": "ruleset: b\nextends: base\nparams: {idle: 80 CNY}\neffective: {to: 2026-01-01}\n",
        "b_late": "ruleset: b\nextends: base\neffective: {from: 2026-02-01}\n",
        "c": "ruleset: c\nextends: taobao/presales\nparams: {conversion_target: 40%}\n",
        "d": "ruleset: d\nextends: taobao/presales\nparams: {conversion_target: 400%}\n",
        "e": "ruleset: e\nextends: ../broken\nparams: {bonus: 70 CNY}\n",
        "f": "ruleset: f\nextends: ../broken\nparams: {bonus: 60 CNY}\n",
        "lost": "ruleset: lost\nextends: nowhere\n",
        "torn": "ruleset: torn\nparams: [\n",
    }
    broken = ALONE.format(name="broken", bonus="bonuses")
    (tmp_path / "broken.yaml").write_text(broken, "utf-8")
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    return folder


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="copies are made on Linux alone")
def test_the_findings_are_the_same_however_many_processes_work(shops: Path):
    alone = ke.check("shops")
    lines = [*map(ke.render_json, alone.diagnostics), *alone.files]
    codes = {finding.code for finding in alone.diagnostics}
    assert {"K220", "K310", "K631", "K701"} <= codes
    assert len(alone.files) == len(list(shops.iterdir()))
    done = subprocess.run(
        [sys.executable, "-c", IN_COPIES],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == lines
    assert done.stderr == "True\n"


def test_of_files_that_are_named_it_is_not_asked_what_others_make_of_them(shops: Path):
    alone = [finding for file in shops.iterdir() for finding in ke.check(file).diagnostics]
    named = ke.check(*shops.iterdir(), shops / "a.yaml").diagnostics
    of_days = [finding for finding in named if finding.code == "K631"]
    assert len(of_days) == 1
    assert sorted(map(ke.render_json, {*alone, *of_days})) == sorted(map(ke.render_json, named))


def test_where_a_link_leads_is_asked_at_every_check(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "shops"
    folder.mkdir()
    for name in ("elm", "fir"):
        text = ALONE.format(name="tree", bonus="bonus")
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    reads_idle = "ruleset: child\nextends: ../base\npay: {lines: {idle: idle}}\n"
    (folder / "child.yaml").write_text(reads_idle, "utf-8")
    link = tmp_path / "base.yaml"
    unused = []
    for name in ("elm", "fir"):
        link.unlink(missing_ok=True)
        link.symlink_to(folder / f"{name}.yaml")
        found = ke.check("shops").files
        unused.append([Path(file).stem for file in found if "K701" in codes(found[file])])
    assert unused == [["fir"], ["elm"]]


def codes(findings: tuple[ke.Diagnostic, ...]) -> set[str]:
    return {finding.code for finding in findings}
