"""A ruleset and a test that say everything there is to say, and a broken copy for each construct.

What breaks the shape of a file, its schema sees in an editor; `check` refuses it too.
"""

from pathlib import Path

import jsonschema
import pytest
from tests.ruleset.test_schema import read

import kpi_engine as ke

SCHEMA_BY_KIND = {"ruleset": ke.json_schema("ruleset"), "test": ke.json_schema("test")}
HERE = Path(__file__).parent
RULESET = (HERE / "every_construct.yaml").read_text("utf-8")
TEST = (HERE / "every_construct.test.yaml").read_text("utf-8")
LIST = "[a, b]"
# The construct, and what is written in place of what.
OF_RULESETS = [
    ("file, key", "currency: CNY", "curency: CNY"),
    ("file, name", "ruleset: every_construct", f"ruleset: {LIST}"),
    ("file, name left out", "ruleset: every_construct\n", ""),
    ("file, currency left out", "currency: CNY\n", ""),
    ("file, version", "version: 1", f"version: {LIST}"),
    ("file, period", "period: month", "period: {of: month}"),
    ("file, zone", "zone: Asia/Shanghai", f"zone: {LIST}"),
    ("file, day_starts", "day_starts: 04:00", "day_starts: {at: 04:00}"),
    ("title", "{zh: 全部, en: Every construct}", f"{{zh: {LIST}, en: Every construct}}"),
    ("source", "source: ours", f"source: {LIST}"),
    ("note", "note: of a schema's test", f"note: {LIST}"),
    ("effective", "{from: 2024-01-01, to: 2027-01-01}", "2024-01-01"),
    ("effective, key", "to: 2027-01-01}", "until: 2027-01-01}"),
    ("subject", "subject: {from: agents, key: [shop_id, agent_id]", "subject: {roster: agents"),
    ("subject, where", "where: role == 'presale'}", f"where: {LIST}}}"),
    ("params", "bands: {up to 1%: 0, else: 10}", f"bands: {LIST}"),
    ("params, dated", "from 2025-06-16: 3 min", f"from 2025-06-16: {LIST}"),
    ("groups", "shop: [shop_id, period]", "shop: [{a: shop_id}]"),
    ("groups, key", "window: 12 months}", "windw: 12 months}"),
    ("tables", "    title: {en: Messages}\n", "    titel: {en: Messages}\n"),
    ("tables, key", "key: message_id", "key: {id: message_id}"),
    ("tables, columns", "columns: {message_id: int", "columns: {message_id: [int]"),
    ("tables, dated", "dated: sent_at\n    file", f"dated: {LIST}\n    file"),
    ("tables, valid", "valid: [valid_from, valid_to]", "valid: {from: valid_from}"),
    ("tables, file", "file: msgs", f"file: {LIST}"),
    ("tables, missing", "missing: ['-']", "missing: {a: '-'}"),
    ("tables, from", "from: messages\n    where: not bot", f"from: {LIST}\n    where: not bot"),
    ("tables, where", "where: not bot", f"where: {LIST}"),
    ("tables, per", "per: [shop_id, agent_id, day]", "per: {a: shop_id}"),
    ("tables, in_order", "in_order: [sent_at]", "in_order: {a: sent_at}"),
    ("tables, starts_when", "starts_when: bot", f"starts_when: {LIST}"),
    ("tables, add", "add: {sent: count()}", "add: {sent: [count()]}"),
    ("tables, drop", "drop: {unanswered: other.message_id is unknown}", f"drop: {LIST}"),
    ("column", "in: major}", "in: majors}"),
    ("column, key", "column: perf_wage", "colum: perf_wage"),
    ("long", "long: {name: item, value: mark}", "long: item"),
    ("long, key", "value: mark}", "values: mark}"),
    ("match", "take: one", "take: some"),
    ("match, key", "same: [shop_id]", "smae: [shop_id]"),
    ("match, prefer", "prefer: [lowest other.sent_at]", "prefer: []"),
    ("match, empty", "match:\n      other:", "match: {}\n    where:\n      other:"),
    ("metrics", "sent: {from: messages, value: count(), min_rows: 1}", f"sent: {LIST}"),
    ("metrics, key", "settles: 2 days", "setles: 2 days"),
    ("metrics, better", "better: lower", "better: less"),
    ("metrics, shown", "shown: true", "shown: sometimes"),
    ("metrics, value", "value: share(bot)", f"value: {LIST}"),
    ("metrics, whose", "whose: agent_id", f"whose: {LIST}"),
    ("metrics, window", "window: 30 days", f"window: {LIST}"),
    ("metrics, latest", "latest: 50%", f"latest: {LIST}"),
    ("metrics, min_rows", "min_rows: 1", "min_rows: {a: 1}"),
    ("scale", "graded: {of: sent, from 10", "graded: {on: sent, from 10"),
    ("scale, of", "wage: {of: score, from 90: 100 CNY", "wage: {of: [score], from 90: 100 CNY"),
    ("score", "order: volume > service", "ordre: volume > service"),
    ("score, method", "method: roc", "method: rocs"),
    ("score, ties", "ties: average", "ties: mean"),
    ("score, empty", "empty: skip\n  needs", f"empty: {LIST}\n  needs"),
    ("score, needs", "needs: 50%", f"needs: {LIST}"),
    ("score, then", "fine: score - 1", f"fine: {LIST}"),
    ("items", "volume: {points: graded, printed: 20分}", f"volume: {LIST}"),
    ("items, key", "printed: 20分", "print: 20分"),
    ("items, points", "points: graded", f"points: {LIST}"),
    ("items of items", "points: bands(share_sent)", "point: bands(share_sent)"),
    ("items of items, weight", "weight: 100", "weight: {a: 100}"),
    ("pay", "below_zero: owed", "below_zero: kept"),
    ("pay, key", "pay:\n  below_zero: owed\n", "pay:\n  under_zero: owed\n"),
    ("pay, lines", "wage: {of: score, from 90: 100 CNY, else: 0 CNY}", f"wage: {LIST}"),
    ("pay, then", "cap: at_most(pay, 5000 CNY)", "cap: {of: pay, else: 0 CNY}"),
]
OF_TESTS = [
    ("file, key", "as_of: 2026-11-05", "as_off: 2026-11-05"),
    ("file, test left out", "test: every_construct\n", "title: A\n"),
    ("file, period left out", "period: 2026-10\n", ""),
    ("file, test", "test: every_construct", f"test: {LIST}"),
    ("file, period", "period: 2026-10", f"period: {LIST}"),
    ("file, as_of", "as_of: 2026-11-05", f"as_of: {LIST}"),
    ("params", "params: {limit: 4 min}\ngiven", "params: {limit: [4 min]}\ngiven"),
    ("given", "given:\n  agents: |", "given:\n  agents: {}\n  marks: |"),
    ("cases", "cases:\n  - name: a table\n    source: ours", "cases:\n  - source: ours"),
    ("case, key", "name: rows", "nmae: rows"),
    ("case, for", "for: An", f"for: {LIST}"),
    ("case, table", "table: |\n      sent => graded\n      10   | 100\n", f"table: {LIST}\n"),
    ("case, history", "history: {An: {sent: [1, 2]}}", "history: {An: {sent: 1}}"),
    ("case, expect", "expect:\n      sent: 1\n", f"expect: {LIST}\n"),
    ("case, expected value", "expect:\n      sent: 1", "expect:\n      sent: [1]"),
    ("case, rows", "messages: {accepted: 1}", "messages: 1"),
]


def broken(text: str, old: str, new: str) -> str:
    assert text.count(old) >= 1
    return text.replace(old, new, 1)


def codes(folder: Path, ruleset: str, test: str) -> list[str]:
    (folder / "every_construct.yaml").write_text(ruleset, "utf-8")
    (folder / "every_construct.test.yaml").write_text(test, "utf-8")
    found = ke.check(folder).diagnostics
    return [finding.code for finding in found if finding.severity == "error"]


def test_the_whole_files_are_right(tmp_path):
    assert codes(tmp_path, RULESET, TEST) == []
    for kind, name in (("ruleset", "every_construct.yaml"), ("test", "every_construct.test.yaml")):
        jsonschema.Draft7Validator(SCHEMA_BY_KIND[kind]).validate(read(tmp_path / name))


def test_the_ruleset_says_every_key_there_is():
    schema = SCHEMA_BY_KIND["ruleset"]
    parts = [schema, *schema["definitions"].values()]
    keys = {key for part in parts for key in part["properties"]}
    # those that stand in the place of others: a parent, and a reason for weights of a wrong sum
    assert {key for key in keys if f"{key}:" not in RULESET} == {"extends", "rescale"}


def test_the_test_says_every_key_there_is():
    schema = SCHEMA_BY_KIND["test"]
    keys = {*schema["properties"], *schema["properties"]["cases"]["items"]["properties"]}
    assert {key for key in keys if f"{key}:" not in TEST} == set()


@pytest.mark.parametrize(
    ("old", "new"), [row[1:] for row in OF_RULESETS], ids=[r[0] for r in OF_RULESETS]
)
def test_a_broken_ruleset_is_refused_by_its_schema_and_by_a_check(tmp_path, old, new):
    text = broken(RULESET, old, new)
    assert codes(tmp_path, text, TEST) != []
    check = jsonschema.Draft7Validator(SCHEMA_BY_KIND["ruleset"])
    assert not check.is_valid(read(tmp_path / "every_construct.yaml"))


@pytest.mark.parametrize(
    ("old", "new"), [row[1:] for row in OF_TESTS], ids=[r[0] for r in OF_TESTS]
)
def test_a_broken_test_is_refused_by_its_schema_and_by_a_check(tmp_path, old, new):
    text = broken(TEST, old, new)
    assert codes(tmp_path, RULESET, text) != []
    check = jsonschema.Draft7Validator(SCHEMA_BY_KIND["test"])
    assert not check.is_valid(read(tmp_path / "every_construct.test.yaml"))
