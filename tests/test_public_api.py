import ast
import importlib.metadata
import inspect
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

import kpi_engine as ke

ROOT = Path(__file__).parents[1]
RULESET = """\
ruleset: shop
zone: UTC
currency: CNY
subject: {from: agents, key: agent_id}
params: {rate: required}
tables:
  agents: {key: agent_id, columns: {agent_id: text}}
  sales:
    key: sale_id
    dated: paid_at
    columns: {sale_id: text, agent_id: text, paid_at: datetime, amount: money}
metrics:
  sold: {from: sales, value: sum(amount)}
pay:
  lines: {commission: rate * sold}
"""
TABLES = {
    "agents": pl.DataFrame({"agent_id": ["A", "B"]}),
    "sales": pl.DataFrame(
        {"sale_id": ["1"], "agent_id": ["A"], "paid_at": ["2026-10-05 09:00"], "amount": ["250.50"]}
    ),
}


@pytest.fixture
def ruleset(tmp_path: Path) -> Path:
    path = tmp_path / "shop.yaml"
    path.write_text(RULESET, "utf-8")
    return path


def test_every_name_of_the_public_api_is_there():
    assert [name for name in ke.__all__ if getattr(ke, name, None) is None] == []


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute `lode`"):
        ke.lode  # noqa: B018 (the attribute is asked for)


def test_every_public_function_has_an_example():
    functions = [
        function for name in ke.__all__ if inspect.isfunction(function := getattr(ke, name))
    ]
    own = [function for function in functions if function.__module__ == "kpi_engine"]
    assert len(own) == 40
    assert [each.__name__ for each in own if ">>> " not in (inspect.getdoc(each) or "")] == []


def test_a_ruleset_is_loaded_compiled_and_run(ruleset, tmp_path):
    plan = ke.compile(ke.load(ruleset, {"rate": "1%"}))
    results = ke.run(plan, TABLES, period="2026-10")
    assert isinstance(plan, ke.Plan)
    assert isinstance(results, ke.Results)
    assert results.subjects["pay"].to_list() == [251, 0]
    ke.write_results(results, tmp_path / "out")
    again = ke.read_results(tmp_path / "out")
    assert again.subjects.equals(results.subjects)
    assert again.receipt == results.receipt
    assert isinstance(ke.explain(again, "A"), ke.Explanation)


def test_facts_of_a_run_score_the_same(ruleset):
    plan = ke.compile(ke.load(ruleset, {"rate": "1%"}))
    results = ke.run(plan, TABLES, period="2026-10")
    assert results.facts is not None
    again = ke.score(plan, results.facts, period="2026-10")
    assert again.receipt["result_hash"] == results.receipt["result_hash"]


def test_a_plan_is_not_made_while_a_param_is_required(ruleset):
    with pytest.raises(ke.RulesetError, match="the param `rate` is still `required`") as error:
        ke.compile(ke.load(ruleset))
    assert [finding.code for finding in error.value.diagnostics] == ["K316"]


def test_an_error_carries_every_finding(ruleset):
    ruleset.write_text(RULESET.replace("sum(amount)", "smu(amount)").replace("rate *", "raet *"))
    with pytest.raises(ke.KpiError) as error:
        ke.load(ruleset)
    assert [finding.code for finding in error.value.diagnostics] == ["K243", "K220"]
    assert str(error.value) == ke.render_text(error.value.diagnostics)


def test_a_param_that_does_not_exist_is_refused(ruleset):
    with pytest.raises(ke.RulesetError):
        ke.load(ruleset, {"rtae": "1%"})


def test_a_sample_that_cannot_be_written_is_a_data_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ke.DataError) as error:
        ke.write_sample(tmp_path / "file", messages=10)
    assert [finding.code for finding in error.value.diagnostics] == ["K451"]


def codes(*paths: Path) -> list[str]:
    return [finding.code for finding in ke.check(*paths).diagnostics]


def test_a_folder_is_checked_file_by_file(ruleset, tmp_path):
    (tmp_path / "notes.yaml").write_text("a: 1\n")
    (tmp_path / ".hidden.yaml").write_text("ruleset: [\n")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner/broken.yaml").write_text("ruleset: x\nzone: [\n")
    (tmp_path / "shop.test.yaml").write_text("test: shop\nperiod: 2026-10\n")
    found = codes(tmp_path)
    assert found[0] == "K503"
    assert "K302" in found
    assert any(code.startswith("K1") for code in found)
    assert ke.check(ruleset).diagnostics == ()


def test_a_test_is_checked_without_being_run(ruleset):
    case = "cases:\n  - name: one\n    table: |\n      sold => pay\n      1 CNY => 100 CNY\n"
    test = ruleset.with_name("shop.test.yaml")
    test.write_text("test: shop\nperiod: 2026-10\nparams: {rate: 1%}\n" + case)
    assert codes(test) == []
    test.write_text(test.read_text().replace("pay", "pya"))
    assert codes(test) == ["K520"]


def test_nothing_to_check_is_a_finding(tmp_path):
    assert codes(tmp_path) == ["K501"]
    assert codes() == ["K501"]
    assert codes(tmp_path / "missing") == ["K101"]
    (tmp_path / "notes.yaml").write_text("a: 1\n")
    assert codes(tmp_path) == ["K501"]


def modules_after(statement: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{statement}\nimport sys\nprint(*sys.modules)"],
        capture_output=True,
        encoding="utf-8",
        check=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT / "src")},
    )
    return set(done.stdout.split())


def test_checking_rulesets_does_not_load_polars():
    loaded = modules_after("import kpi_engine as ke\nke.check('rulesets/taobao')")
    assert "kpi_engine.ruleset.loading" in loaded
    assert "polars" not in loaded


def test_the_command_line_alone_loads_neither_polars_nor_pydantic():
    loaded = modules_after("import kpi_engine.cli")
    assert loaded & {"polars", "pydantic", "yaml", "simpleeval"} == set()


def test_the_package_is_typed():
    assert (ROOT / "src/kpi_engine/py.typed").is_file()


def test_the_version_is_that_of_the_distribution():
    try:
        expected = importlib.metadata.version("kpi-engine")
    except importlib.metadata.PackageNotFoundError:
        expected = "0+source"
    assert ke.__version__ == expected


def test_types_are_public_under_the_names_they_are_annotated_with():
    tree = ast.parse((ROOT / "src/kpi_engine/__init__.py").read_text("utf-8"))
    returned = {
        ast.unparse(node.returns)
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.returns
    }
    built = {"None", "list[Diagnostic]", "list[Path]", "Path", "bool", "str", "int"}
    of_types = {"Iterator[Explanation]", "tuple[RulesetSummary, ...]", "dict[str, Any]"}
    of_types |= {"Closing | FleetClosing", "tuple[CorrectedFile, ...]"}
    assert returned - {*built, *of_types} <= set(ke.__all__)
