"""Facts handed on: the same scores and pay under other names, and no name in any byte."""

import stat
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import kpi_engine as ke

RULESET = """\
ruleset: maple
zone: Asia/Shanghai
currency: CNY
subject: {from: staff, key: [shop_id, agent_id]}
params: {target: 60%}
groups: {shop: [shop_id, period]}
tables:
  staff:
    key: [shop_id, agent_id]
    missing: ["-"]
    columns:
      shop_id: text
      agent_id: {kind: text, column: 工号}
      name: text
      wage: money
      team: optional text
      joined: datetime
  marks:
    file: marks.csv
    key: [shop_id, agent_id, period]
    long: {name: item, value: mark}
    columns: {shop_id: text, agent_id: text, period: month, item: text, mark: number, judge: text}
  rounds:
    key: id
    dated: at
    columns: {id: text, shop_id: text, agent_id: text, at: datetime, fast: bool}
metrics:
  reply: {from: rounds, value: share(fast)}
  tone: marks.tone
  best: max(reply, shop)
score:
  items:
    reply: {points: "attain(reply, target)", empty: 0}
    tone: {points: tone, empty: 0}
pay:
  lines:
    base: wage
    bonus: {of: reply, from 60%: 100 CNY, else: 0 CNY}
    prize: 50 CNY if default(reply == best, false) else 0 CNY
"""
NAMES = ["Anneliese", "Bartholomew", "Cäcilia", "Dorothea"]
SHOPS = ["Maplewood", "Maplewood", "Northgate", "Northgate"]
PERIOD = "2026-10"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Return a folder with a ruleset, a change of it, and the tables of a month as files."""
    (tmp_path / "old.yaml").write_text(RULESET, "utf-8")
    (tmp_path / "new.yaml").write_text(RULESET.replace("60%", "70%", 1), "utf-8")
    data = tmp_path / "data"
    data.mkdir()
    pl.DataFrame(
        {
            "shop_id": [*SHOPS, "Northgate", "-"],
            # of one name in two forms of Unicode, and in a column that keeps a dictionary
            "工号": [*NAMES[:2], "Ca\u0308cilia", NAMES[3], "Newcomer", "Nobody"],
            "name": ["Frau A", "Herr B", "Frau C", "Frau D", "Herr E", "Herr F"],
            "wage": ["2000.00", "1800", "1900", "1700.50", "many", "1"],
            "team": ["red", "blue", None, "red", "red", "red"],
            "joined": ["2020-01-01 09:00"] * 6,
            "salary_account": [f"Konto-{number}" for number in range(6)],
        },
        schema_overrides={"工号": pl.Categorical},
    ).write_parquet(data / "staff.parquet")
    pl.DataFrame(
        {
            "shop_id": SHOPS,
            "agent_id": NAMES,
            "period": [PERIOD] * 4,
            "item": ["tone"] * 4,
            "mark": ["80", "70", "-1", "90.5"],
            "judge": ["Mx Judge"] * 4,
        }
    ).write_csv(data / "marks.csv")
    fast = [True, True, False, True, False, False, True, True, True, False, True, True]
    pl.DataFrame(
        {
            "id": [str(number) for number in range(12)],
            "shop_id": [SHOPS[number // 3] for number in range(12)],
            "agent_id": [NAMES[number // 3] for number in range(12)],
            "at": ["2026-10-05 09:00"] * 12,
            "fast": fast,
        }
    ).write_parquet(data / "rounds.parquet")
    return tmp_path


def handed(shop: Path, key: str | None = "key", folder: str = "facts") -> ke.HandedFacts:
    """Return what was handed on of a run over the files."""
    plan = ke.compile(ke.load(shop / "old.yaml"))
    results = ke.run(plan, shop / "data", period=PERIOD)
    place = None if key is None else shop / key
    return ke.write_facts(plan, results, shop / "data", shop / folder, key=place)


def code_of(error: pytest.ExceptionInfo[ke.DataError]) -> str:
    (finding,) = error.value.diagnostics
    return finding.code


def pseudonyms(shop: Path, folder: str = "facts") -> dict[str, str]:
    """Return who is who, by the wage that nobody shares."""
    files = (shop / "data/staff.parquet", shop / folder / "staff.parquet")
    real, other = (pl.read_parquet(file).select("工号", "wage") for file in files)
    pairs = real.join(other, on="wage", suffix=" handed")
    names = pairs["工号"].cast(pl.String).str.normalize("NFC")
    return dict(zip(pairs["工号 handed"], names, strict=True))


def test_a_diff_over_what_is_handed_on_moves_the_same_people_by_the_same(shop):
    handed(shop)
    files = (shop / "old.yaml", shop / "new.yaml")
    rows = ke.diff(*files, tables=shop / "data", period=PERIOD).effect
    facts = shop / "facts/facts.parquet"
    found = ke.diff(*files, facts=facts, tables=shop / "facts", period=PERIOD).effect
    assert rows is not None
    assert found is not None
    who = pseudonyms(shop)
    by_name = {each.subject["agent_id"]: each for each in rows.subjects}
    assert len(found.subjects) == len(by_name) == 3
    for each in found.subjects:
        real = by_name[who[each.subject["agent_id"]]]
        assert replace(each, subject=real.subject) == real
    assert replace(found, subjects=(), diagnostics=()) == replace(rows, subjects=(), diagnostics=())


def test_no_name_and_nothing_unread_stands_in_any_file(shop):
    (shop / "key").write_bytes(bytes([5]) * 32)
    written = handed(shop)
    files = {file.name: file for file in (shop / "facts").iterdir()}
    assert {*files} == {*written.files, "contents.json"}
    unread = ["Frau A", "Mx Judge", "Konto-0", "salary_account", "Newcomer", "Nobody"]
    hidden = [*NAMES, "Ca\u0308cilia", *SHOPS, *unread]
    for file in files.values():
        content = file.read_bytes()
        assert [text for text in hidden if text.encode() in content] == []
    values = {
        value
        for name in ("facts", "staff")
        for column in pl.read_parquet(files[f"{name}.parquet"])
        for value in column.cast(pl.String)
    }
    assert values.isdisjoint(hidden)
    assert written.pseudonyms == ("shop_id", "agent_id")
    assert written.as_given == {"staff": ("wage", "joined"), "marks": ("period", "item", "mark")}


def test_a_score_of_what_is_handed_on_is_the_run_but_for_the_names(shop):
    (shop / "key").write_bytes(bytes([5]) * 32)
    handed(shop)
    plan = ke.compile(ke.load(shop / "old.yaml"))
    run = ke.run(plan, shop / "data", period=PERIOD).subjects
    facts = pl.read_parquet(shop / "facts/facts.parquet")
    found = ke.score(plan, facts, period=PERIOD, tables=shop / "facts").subjects
    names = found["agent_id"].replace_strict(pseudonyms(shop))
    named = found.with_columns(names).drop("shop_id").sort("agent_id")
    assert_frame_equal(named, run.drop("shop_id").sort("agent_id"))
    assert found["shop_id"].n_unique() == 2
    rows = pl.read_parquet(shop / "facts/staff.parquet")
    assert rows.height == 4
    who = [pseudonyms(shop)[name] for name in rows["工号"]]
    assert who == ["Dorothea", "Cäcilia", "Anneliese", "Bartholomew"]
    assert rows.equals(rows.sort("shop_id", "工号"))


def test_a_key_gives_the_same_pseudonyms_again_and_another_key_others(shop):
    assert handed(shop).key_made
    assert stat.S_IMODE((shop / "key").stat().st_mode) == 0o600
    assert len((shop / "key").read_bytes()) == 32
    first = pseudonyms(shop)
    assert not handed(shop, folder="again").key_made
    assert pseudonyms(shop, "again") == first
    handed(shop, key="other", folder="others")
    assert first.keys().isdisjoint(pseudonyms(shop, "others"))
    assert all(name.startswith("agent_id-") for name in first)


def test_without_a_key_names_stay_and_so_do_the_columns_that_are_read(shop):
    written = handed(shop, key=None)
    assert written.pseudonyms == ()
    assert written.as_given["staff"] == ("shop_id", "agent_id", "wage", "joined")
    rows = pl.read_parquet(shop / "facts/staff.parquet")
    assert rows["工号"].to_list() == [*NAMES[:2], "Ca\u0308cilia", NAMES[3]]
    assert rows.columns == ["shop_id", "工号", "wage", "joined"]


def test_what_was_handed_on_is_replaced_and_anything_else_is_not(shop):
    handed(shop)
    handed(shop)
    (shop / "facts/more.txt").write_text("mine")
    with pytest.raises(ke.DataError) as error:
        handed(shop)
    assert code_of(error) == "K450"
    with pytest.raises(ke.DataError) as error:
        handed(shop, folder="data")
    assert code_of(error) == "K450"
    assert not list(shop.glob(".*.partial"))


def test_a_key_is_kept_only_where_something_was_written_with_it(shop):
    text = RULESET.replace("agent_id]}\nparams", 'agent_id], where: agent_id != "x"}\nparams')
    (shop / "old.yaml").write_text(text.replace('"x"', f'"{NAMES[1]}"'), "utf-8")
    with pytest.raises(ke.DataError) as error:
        handed(shop)
    assert code_of(error) == "K459"
    assert not (shop / "key").exists()
    assert not (shop / "facts").exists()
    (shop / "old.yaml").write_text(RULESET, "utf-8")
    with pytest.raises(ke.DataError) as error:
        handed(shop, key="no/folder/key")
    assert code_of(error) == "K455"
    assert not (shop / "facts").exists()


def test_a_key_in_the_folder_that_is_handed_on_is_refused(shop):
    with pytest.raises(ke.DataError) as error:
        handed(shop, key="facts/key")
    assert code_of(error) == "K454"
    assert not (shop / "facts").exists()


def test_a_change_that_reads_more_of_the_roster_says_what_is_missing(shop):
    handed(shop)
    text = RULESET.replace(
        "base: wage", "base: 'wage if default(team == \"red\", false) else 0 CNY'"
    )
    (shop / "new.yaml").write_text(text, "utf-8")
    files = (shop / "old.yaml", shop / "new.yaml")
    facts = shop / "facts/facts.parquet"
    with pytest.raises(ke.DataError) as error:
        ke.diff(*files, facts=facts, tables=shop / "facts", period=PERIOD)
    assert code_of(error) == "K420"
    assert "`team`" in error.value.diagnostics[0].message
