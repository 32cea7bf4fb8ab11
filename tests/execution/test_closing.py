import json
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.execution.refunds import AGENTS, EARLY, LATE, SALES, Shop, pay_by_line

from kpi_engine.execution.closing import Closing, close, rules_digest
from kpi_engine.execution.folders import read_results
from kpi_engine.execution.ledger import read_ledger
from kpi_engine.text.errors import DataError

AFTER_THE_FIRST, AFTER_BOTH = "2026-11-10", "2026-11-30"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def rows(ledger: Path, table: str) -> list[tuple[Any, ...]]:
    """Return a table of a ledger as SQLite itself gives it."""
    connection = sqlite3.connect(ledger)
    try:
        return connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()
    finally:
        connection.close()


def sums(ledger: Path) -> dict[tuple[str, str, str], int]:
    """Return what the entries of a ledger add up to, by shop, agent and line."""
    total: Counter[tuple[str, str, str]] = Counter()
    for subject, line, amount in read_ledger(ledger).select("subject", "line", "amount").rows():
        key = json.loads(subject)
        total[key["shop_id"], key["agent_id"], line] += amount
    return dict(total)


def amounts(closing: Closing) -> list[tuple[str, str, str, int]]:
    """Return the new entries by agent, shop and line."""
    entries = closing.entries.select("subject", "line", "amount").rows()
    keyed = [(json.loads(subject), line, amount) for subject, line, amount in entries]
    return [(key["agent_id"], key["shop_id"], line, amount) for key, line, amount in keyed]


def code_of(error: pytest.ExceptionInfo[DataError]) -> str:
    (found,) = error.value.diagnostics
    return found.code


def test_the_first_closing_enters_every_line_of_everybody(shop):
    out = shop.run()
    closing = close(out, shop.ledger)
    assert (closing.number, closing.kind, closing.diagnostics) == (1, "closed", ())
    assert closing.entries.height == 12
    assert sums(shop.ledger) == pay_by_line(out)
    assert set(read_ledger(shop.ledger)["kind"]) == {"closed"}


def test_late_refunds_become_adjustments_and_closed_entries_stay_byte_for_byte(shop):
    close(shop.run(), shop.ledger)
    closed, first = rows(shop.ledger, "entries"), rows(shop.ledger, "closings")
    shop.refunds(EARLY, *LATE)
    for number, (as_of, expected) in enumerate(
        [
            (AFTER_THE_FIRST, [("小李", "S1", "clawback", -3000)]),
            (AFTER_BOTH, [("小王", "S2", "clawback", -1)]),
        ],
        start=2,
    ):
        out = shop.run(as_of)
        closing = close(out, shop.ledger)
        assert (closing.number, closing.kind) == (number, "adjustment")
        assert amounts(closing) == expected
        assert sums(shop.ledger) == pay_by_line(out)
        assert rows(shop.ledger, "entries")[:12] == closed
        assert rows(shop.ledger, "closings")[:1] == first
        whole = shop.ledger.read_bytes()
        again = close(shop.run(as_of), shop.ledger)
        assert (again.number, again.kind, again.entries.height) == (None, None, 0)
        assert shop.ledger.read_bytes() == whole


def test_refunds_seen_before_the_first_closing_need_no_adjustment(shop):
    shop.refunds(EARLY, *LATE)
    out = shop.run(AFTER_BOTH)
    close(out, shop.ledger)
    assert close(shop.run(AFTER_BOTH), shop.ledger).number is None
    assert sums(shop.ledger) == pay_by_line(out)


def test_a_held_subject_is_not_closed_and_comes_in_whole_once_her_pay_is_known(shop):
    shop.agents(AGENTS[0], ("S1", "小王", None), AGENTS[2])
    closing = close(shop.run(), shop.ledger)
    assert closing.entries.height == 8
    assert closing.held.rows(named=True) == [{"shop_id": "S1", "agent_id": "小王"}]
    assert [finding.message for finding in closing.diagnostics] == [
        "the pay of 1 subject is held back: not closed"
    ]
    again = close(shop.run(), shop.ledger)
    assert (again.number, again.held.height) == (None, 1)
    shop.agents(*AGENTS)
    out = shop.run()
    later = close(out, shop.ledger)
    assert (later.kind, later.held.height) == ("adjustment", 0)
    assert amounts(later) == [
        ("小王", "S1", "wage", 100000),
        ("小王", "S1", "commission", 1000),
        ("小王", "S1", "clawback", 0),
        ("小王", "S1", "floor", 49000),
    ]
    assert sums(shop.ledger) == pay_by_line(out)


def test_a_subject_who_is_held_now_keeps_what_was_closed(shop):
    close(shop.run(), shop.ledger)
    closed = sums(shop.ledger)
    shop.agents(AGENTS[0], ("S1", "小王", None), ("S2", "小王", "1800.00"))
    closing = close(shop.run(), shop.ledger)
    assert amounts(closing) == [("小王", "S2", "wage", -50)]
    assert closing.held["shop_id"].to_list() == ["S1"]
    assert sums(shop.ledger) == {**closed, ("S2", "小王", "wage"): 180000}


def test_nothing_of_a_period_is_closed_while_everybody_is_held(shop):
    shop.agents(*((*agent[:2], None) for agent in AGENTS))
    closing = close(shop.run(), shop.ledger)
    assert (closing.number, closing.held.height) == (None, 3)
    assert rows(shop.ledger, "closings") == []
    shop.agents(*AGENTS)
    assert close(shop.run(), shop.ledger).kind == "closed"


def test_a_subject_and_a_line_that_are_gone_are_adjusted_to_zero(shop):
    close(shop.run(), shop.ledger)
    shop.ruleset(("    clawback: -rate * refunded\n", ""), ("version: '1'", "version: '2'"))
    shop.agents(*AGENTS[:2])
    shop.sales(*SALES[:2])
    out = shop.run()
    closing = close(out, shop.ledger)
    assert amounts(closing) == [
        ("小李", "S1", "clawback", 300),
        ("小王", "S2", "commission", -2),
        ("小王", "S2", "wage", -180050),
    ]
    assert {key: value for key, value in sums(shop.ledger).items() if value} == {
        key: value for key, value in pay_by_line(out).items() if value
    }
    # the line that is gone is named by the rule that earned it
    assert closing.entries.filter(line="clawback")["rule"].to_list() == ["pay.lines.clawback"]


def test_a_line_that_is_gone_stays_gone_and_one_that_is_new_is_entered(shop):
    close(shop.run(), shop.ledger)
    shop.ruleset(("    clawback: -rate * refunded\n", "    bonus: 8 CNY\n"))
    assert sorted(amounts(close(shop.run(), shop.ledger)))[:2] == [
        ("小李", "S1", "bonus", 800),
        ("小李", "S1", "clawback", 300),
    ]
    assert close(shop.run(), shop.ledger).number is None
    shop.ruleset()
    out = shop.run()
    close(out, shop.ledger)
    assert {key: value for key, value in sums(shop.ledger).items() if value} == {
        key: value for key, value in pay_by_line(out).items() if value
    }


def test_a_closing_carries_the_rule_version_that_earned_its_lines(shop):
    out = shop.run()
    close(out, shop.ledger)
    shop.ruleset(("version: '1'", "version: '2'"), ("rate: 3%", "rate: 4%"))
    later = shop.run()
    close(later, shop.ledger)
    ledger = read_ledger(shop.ledger).select("closing", "version", "rules_sha256", "result_hash")
    receipts = [read_results(out).receipt, json.loads(rows(shop.ledger, "closings")[0][-1])]
    assert ledger.unique().sort("closing").select("closing", "version").rows() == [
        (1, "1"),
        (2, "2"),
    ]
    assert ledger["rules_sha256"].unique(maintain_order=True).to_list() == [
        rules_digest(receipts[1]),
        rules_digest(receipts[0]),
    ]
    texts = [row[-1] for row in rows(shop.ledger, "closings")]
    assert texts[1] == (later / "receipt.json").read_text("utf-8")


def test_params_that_were_given_are_part_of_the_rule_version(shop):
    close(shop.run(), shop.ledger)
    close(shop.run(rate="4%"), shop.ledger)
    assert read_ledger(shop.ledger)["rules_sha256"].n_unique() == 2
    assert json.loads(rows(shop.ledger, "closings")[1][-1])["params"] == {"rate": "4%"}


def test_a_subject_of_another_key_order_is_the_same_subject(shop):
    close(shop.run(), shop.ledger)
    shop.ruleset(("subject: {from: agents, key: [shop_id, agent_id]}", "subject: {from: agents, key: [agent_id, shop_id]}"))  # fmt: skip
    assert close(shop.run(), shop.ledger).number is None


def test_rulesets_and_periods_share_a_ledger_without_touching_one_another(shop):
    close(shop.run(), shop.ledger)
    shop.ruleset(("ruleset: shop/commission", "ruleset: shop/other"))
    assert close(shop.run(), shop.ledger).kind == "closed"
    assert read_ledger(shop.ledger).group_by("ruleset").agg(pl.len()).sort("ruleset").rows() == [
        ("shop/commission", 12),
        ("shop/other", 12),
    ]


def test_one_pay_slip_has_one_currency(shop):
    close(shop.run(), shop.ledger)
    whole = shop.ledger.read_bytes()
    shop.ruleset(("currency: CNY", "currency: USD"), ("1500 CNY", "1500 USD"))
    with pytest.raises(DataError, match="is in USD, its lines in the ledger are in CNY") as error:
        close(shop.run(), shop.ledger)
    assert code_of(error) == "K473"
    assert shop.ledger.read_bytes() == whole


def test_a_result_that_is_not_the_one_of_its_receipt_is_not_closed(shop):
    out = shop.run()
    lines = pl.read_parquet(out / "lines.parquet")
    lines.with_columns(pl.col("amount") + 1).write_parquet(out / "lines.parquet")
    with pytest.raises(DataError) as error:
        close(out, shop.ledger)
    assert code_of(error) == "K453"
    assert not shop.ledger.exists()


def test_a_result_without_pay_is_not_closed(shop):
    text = (shop.folder / "shop.yaml").read_text("utf-8")
    (shop.folder / "shop.yaml").write_text(text.partition("pay:")[0], "utf-8")
    with pytest.raises(DataError) as error:
        close(shop.run(), shop.ledger)
    assert code_of(error) == "K472"


def test_a_receipt_that_says_less_than_ours_is_refused(shop):
    out = shop.run()
    receipt = json.loads((out / "receipt.json").read_text("utf-8"))
    del receipt["version"]
    (out / "receipt.json").write_text(json.dumps(receipt), "utf-8")
    with pytest.raises(DataError, match="its receipt lacks `version`") as error:
        close(out, shop.ledger)
    assert code_of(error) == "K452"


@pytest.mark.parametrize("made", ["text", "database", "newer", "folder"])
def test_a_file_that_is_no_ledger_is_left_alone(shop, made):
    if made == "text":
        shop.ledger.write_text("wages of October\n" * 100, "utf-8")
    elif made == "folder":
        shop.ledger.mkdir()
    else:
        if made == "newer":
            close(shop.run(), shop.ledger)
        connection = sqlite3.connect(shop.ledger)
        connection.execute("PRAGMA user_version = 2")
        connection.execute("CREATE TABLE wages (amount INTEGER)")
        connection.commit()
        connection.close()
    before = shop.ledger.read_bytes() if made != "folder" else b""
    for act in (lambda: close(shop.run(), shop.ledger), lambda: read_ledger(shop.ledger)):
        with pytest.raises(DataError) as error:
            act()
        assert code_of(error) == ("K471" if made == "folder" else "K470")
    assert (shop.ledger.read_bytes() if made != "folder" else b"") == before


@pytest.mark.parametrize("table", ["entries", "closings"])
def test_what_was_closed_can_be_neither_changed_nor_deleted_nor_replaced(shop, table):
    close(shop.run(), shop.ledger)
    before = rows(shop.ledger, table)
    connection = sqlite3.connect(shop.ledger)
    column = "amount" if table == "entries" else "period"
    for statement in (
        f"UPDATE {table} SET {column} = {column}",
        f"DELETE FROM {table}",
        f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
    ):
        with pytest.raises(sqlite3.IntegrityError, match=f"{table} of a ledger never change"):
            connection.execute(statement)
    connection.close()
    assert rows(shop.ledger, table) == before


def test_entries_replace_none_under_another_number(shop):
    close(shop.run(), shop.ledger)
    columns = (
        "closing, kind, ruleset, period, subject, line, amount, currency, rule, file, line_number"
    )
    connection = sqlite3.connect(shop.ledger)
    with pytest.raises(sqlite3.IntegrityError, match="never change"):
        connection.execute(
            f"INSERT OR REPLACE INTO entries ({columns}) SELECT {columns} FROM entries"
        )
    connection.close()


def documented(table: str) -> list[tuple[str, str]]:
    """Return the columns and types of a table of the ledger as the page on output has them."""
    page = (Path(__file__).parents[2] / "docs/output.md").read_text("utf-8")
    _, after = page.split(f"`{table}`, one row per ", 1)
    columns: list[tuple[str, str]] = []
    for line in after.split("\n\n")[1].splitlines()[2:]:
        names, kinds = (cell.strip() for cell in line.split("|")[1:3])
        listed = [name.strip("` ") for name in names.split(",")]
        types = kinds.split(", ") if ", " in kinds else [kinds] * len(listed)
        columns += zip(listed, types, strict=True)
    return columns


@pytest.mark.parametrize("table", ["closings", "entries"])
def test_the_tables_are_those_of_the_documentation(shop, table):
    close(shop.run(), shop.ledger)
    connection = sqlite3.connect(shop.ledger)
    columns = [row[1:3] for row in connection.execute(f"PRAGMA table_info({table})")]
    marks = [
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("application_id", "user_version")
    ]
    connection.close()
    assert columns == documented(table)
    assert marks == [1802529125, 1]


def test_an_empty_file_becomes_a_ledger(shop):
    shop.ledger.touch()
    assert close(shop.run(), shop.ledger).number == 1


def test_months_are_closed_in_any_order(shop):
    close(shop.run(), shop.ledger)
    shop.sales(("0", "S1", "小李", "50.00"), month="2026-09")
    earlier = close(shop.run(month="2026-09"), shop.ledger)
    assert (earlier.kind, earlier.period) == ("closed", "2026-09")
    shop.sales(*SALES)
    assert close(shop.run(), shop.ledger).number is None
    shop.sales(*SALES[1:])
    assert amounts(close(shop.run(), shop.ledger)) == [("小李", "S1", "commission", -30000)]
    kinds = read_ledger(shop.ledger).group_by("period", "kind").agg(pl.len()).rows()
    assert set(kinds) == {
        ("2026-10", "adjustment", 1),
        ("2026-10", "closed", 12),
        ("2026-09", "closed", 12),
    }
