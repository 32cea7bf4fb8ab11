"""Tables: columns and their kinds, rows made from rows, and the clock that dates them."""

import pytest
from tests.ruleset.shop import SHOP, codes, findings, loaded, shown

from kpi_engine.language.kinds import Kind


def with_table(text: str, rest: str = "") -> str:
    return SHOP.replace("tables:\n", f"tables:\n{text}") + rest


def with_column(kind: str) -> str:
    return SHOP.replace("      order_id: text\n", f"      order_id: text\n      c: {kind}\n")


def derived(text: str, rest: str = "") -> str:
    return with_table(f"  t: {{from: orders, {text}}}\n", rest)


@pytest.mark.parametrize(
    ("kind", "expected", "whole"),
    [
        ("text", Kind.TEXT, False),
        ("int", Kind.NUMBER, True),
        ("number", Kind.NUMBER, False),
        ("bool", Kind.BOOL, False),
        ("money", Kind.MONEY, False),
        ("date", Kind.DATE, False),
        ("datetime", Kind.DATETIME, False),
        ("month", Kind.MONTH, False),
        ("{kind: money, in: minor, column: fen}", Kind.MONEY, False),
        ("{kind: datetime, format: '%d-%m-%Y %H:%M'}", Kind.DATETIME, False),
    ],
)
def test_kinds(kind, expected, whole):
    type_ = loaded(with_column(kind)).tables["orders"].types["c"]
    assert (type_.kind, type_.whole, type_.nullable) == (expected, whole, False)


def test_a_column_written_long():
    text = "{kind: optional datetime, column: paid on, format: '%d-%m-%Y %H:%M'}"
    column = loaded(with_column(text)).tables["orders"].columns[1]
    assert (column.name, column.source, column.format) == ("c", "paid on", "%d-%m-%Y %H:%M")
    assert column.type.nullable


@pytest.mark.parametrize(
    ("kind", "nullable", "default"),
    [
        ("optional int", True, None),
        ("optional  int", True, None),
        ("int = 3", False, 3),
        ("optional int = 3", False, 3),
        ("int=3", False, 3),
        ("bool = true", False, True),
        ("money = 0 CNY", False, 0),
        ("text = 'a'", False, "a"),
        ("a | b | c = b", False, "b"),
    ],
)
def test_optional_and_defaults(kind, nullable, default):
    column = loaded(with_column(f'"{kind}"')).tables["orders"].columns[1]
    assert column.type.nullable is nullable
    assert (column.default.value if column.default else None) == default


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("strng", "K352"),
        ("optional", "K352"),
        ("a | ", "K352"),
        ("int = 1.5", "K358"),
        ("int = x", "K358"),
        ("int =", "K201"),
        ("int = 1 + 1", "K358"),
        ("bool = 1", "K358"),
        ("money = 0", "K358"),
        ("text = a", "K358"),
        ("int = unknown", "K358"),
        ("a | b = c", "K237"),
    ],
)
def test_columns_that_are_refused(kind, code):
    assert codes(with_column(f'"{kind}"')) == [code]


@pytest.mark.parametrize(
    ("word", "near"),
    [("string", "text"), ("Integer", "int"), ("float", "number"), ("mony", "money")],
)
def test_kinds_of_other_languages_are_led_to_ours(word, near):
    assert [f.help for f in findings(with_column(word))] == [f"did you mean `{near}`?"]


@pytest.mark.parametrize(
    ("kind", "codes_"),
    [
        ("{kindd: text}", ["K301"]),
        ("{column: x}", ["K302"]),
        ("[text]", ["K303"]),
        ("{kind: money, in: cents}", ["K304"]),
    ],
)
def test_the_long_form_is_told_once(kind, codes_):
    assert codes(with_column(kind)) == codes_


def test_labels_are_the_only_texts():
    types = loaded(SHOP).tables["orders"].types
    assert types["channel"].labels == ("chat", "call", "mail")


@pytest.mark.parametrize(
    "formula", ["channel == 'cal'", "'cal' == channel", "channel in ['chat', 'cal']"]
)
def test_a_label_that_does_not_exist_is_told(formula):
    text = f"{SHOP}  m:\n    from: orders\n    value: count({formula})\n"
    assert shown(text) == [("K237", "'cal'")]


@pytest.mark.parametrize(
    ("dated", "kinds"),
    [
        ("datetime", {"day": Kind.DATE, "period": Kind.MONTH}),
        ("date", {"day": Kind.DATE, "period": Kind.MONTH}),
        ("month", {"period": Kind.MONTH}),
    ],
)
def test_a_dated_table_has_a_day_and_a_period(dated, kinds):
    text = f"  t: {{key: k, dated: w, columns: {{k: text, w: optional {dated}}}}}\n"
    types = loaded(with_table(text)).tables["t"].types
    assert {name: types[name].kind for name in types if name in {"day", "period"}} == kinds
    assert all(types[name].nullable for name in kinds)


def test_an_undated_table_has_none():
    assert shown(
        SHOP.replace("    dated: paid_at\n", "") + "  m: {from: orders, value: min(day)}\n"
    ) == [("K220", "day")]


@pytest.mark.parametrize(("dated", "code"), [("channel", "K359"), ("paid", "K351")])
def test_a_clock_is_a_column_of_time(dated, code):
    assert codes(SHOP.replace("dated: paid_at", f"dated: {dated}")) == [code]


def test_valid_is_two_different_columns():
    agents = "    key: agent_id\n    valid: [hired, {}]\n"
    for second, told in (("hired", ["K345"]), ("left", ["K351"])):
        text = SHOP.replace("    key: agent_id\n", agents.format(second))
        assert codes(text) == told


def test_an_added_column_may_read_one_that_stands_below_it():
    text = derived(
        "add: {net: gross - 1 CNY, gross: amount * 2}", "  m: {from: t, value: sum(net)}\n"
    )
    assert [name for name, _ in loaded(text).tables["t"].add] == ["gross", "net"]


def test_where_of_a_table_narrows_what_is_read_of_it():
    text = derived("where: stars is known", "  m: {from: t, value: share(stars > 3)}\n")
    assert codes(text) == []
    assert loaded(text).tables["t"].types["stars"].nullable is False


def test_a_drop_is_a_condition_with_a_name():
    assert loaded(derived("drop: {few: items < 2}")).tables["t"].drop[0][0] == "few"
    assert codes(derived("drop: {few: items}")) == ["K362"]


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("where: itemz > 1", "K220", "itemz"),
        ("add: {amount: items}", "K363", "amount"),
        ("add: {a: b, b: a}", "K357", "a"),
        ("add: {a: a}", "K357", "a"),
        ("add: {a: sum(amount)}", "K247", "sum"),
        ("key: order_id", "K356", "key"),
        ("columns: {x: text}", "K353", "t"),
        ("per: [agent], add: {n_rows: count()}", "K351", "agent"),
        ("per: [agent_id], add: {a: amount}", "K364", "amount"),
        ("per: [agent_id], add: {a: amount - mean(amount)}", "K231", "amount"),
        ("per: [agent_id], add: {a: b, b: a}", "K357", "a"),
        ("per: [agent_id], where: itemz > 1", "K220", "itemz"),
    ],
)
def test_derived_tables_that_are_refused(text, code, words):
    assert shown(derived(text)) == [(code, words)]


def test_per_makes_one_row_a_key_of_what_it_gathers():
    text = derived(
        "per: [agent_id, day], add: {first: min(paid_at), last: max(paid_at), long: last - first}"
    )
    table = loaded(text).tables["t"]
    assert table.key == table.per == ("agent_id", "day")
    assert table.clock == "day"
    assert set(table.types) == {"agent_id", "day", "period", "first", "last", "long"}


def test_a_gathered_column_may_have_the_name_of_the_column_it_gathers():
    text = derived("per: [agent_id], add: {amount: sum(amount), total: sum(amount)}")
    assert [name for name, _ in loaded(text).tables["t"].add] == ["amount", "total"]


@pytest.mark.parametrize(
    ("per", "dated", "clock"),
    [
        ("[agent_id, day]", "", "day"),
        ("[agent_id, period]", "", "period"),
        ("[agent_id, paid_at]", "", "paid_at"),
        ("[agent_id]", "", None),
        ("[agent_id]", "dated: first, ", "first"),
        ("[agent_id, day]", "dated: first, ", "first"),
    ],
)
def test_the_clock_of_gathered_rows(per, dated, clock):
    text = derived(f"per: {per}, {dated}add: {{first: min(paid_at)}}")
    assert loaded(text).tables["t"].clock == clock


def test_another_clock_for_the_same_rows():
    text = derived("dated: later, add: {x: items}").replace(
        "      order_id: text\n", "      order_id: text\n      later: datetime\n"
    )
    ruleset = loaded(text)
    assert (ruleset.tables["t"].clock, ruleset.tables["orders"].clock) == ("later", "paid_at")


def test_tables_stand_in_the_order_they_are_made():
    text = with_table("  a: {from: b}\n  b: {from: orders}\n")
    assert list(loaded(text).tables) == ["orders", "b", "a", "agents"]


def test_a_long_chain_of_tables_and_metrics_is_ordered():
    links = "".join(f"  t{i}: {{from: t{i + 1}}}\n" for i in range(1100))
    metrics = "".join(f"  m{i}: m{i + 1} + 1\n" for i in range(1100))
    ruleset = loaded(with_table(f"{links}  t1100: {{from: orders}}\n", f"{metrics}  m1100: 1\n"))
    assert list(ruleset.tables)[-2:] == ["t0", "agents"]
    assert list(ruleset.metrics)[-1] == "m0"


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ("  a: {from: a}\n", ["a"]),
        ("  a: {from: b}\n  b: {from: a}\n", ["a"]),
        ("  a: {from: b}\n  b: {from: c}\n  c: {from: b}\n", ["b"]),
        ("  a: {from: a}\n  b: {from: b}\n", ["a", "b"]),
    ],
)
def test_tables_in_circles_are_told_once_each(tables, words):
    assert shown(with_table(tables)) == [("K357", word) for word in words]


def test_a_metric_of_a_broken_table_is_not_told_again():
    text = with_table("  t: {from: order}\n", "  m: {from: t, value: sum(x)}\n  o: m + 1\n")
    assert shown(text) == [("K350", "order")]


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ("{from: agents, key: agent_id}", []),
        ("{from: agents, key: [agent_id]}", []),
        ("{from: agent, key: agent_id}", [("K350", "agent")]),
        ("{from: agents, key: agentid}", [("K351", "agentid")]),
        ("{from: agents, key: [agent_id, shop]}", [("K351", "shop")]),
        ("{from: agents}", [("K302", "subject")]),
        ("{key: agent_id}", [("K302", "subject")]),
        ("{from: agents, key: agent_id, where: role == 'lead'}", []),
        ("{from: agents, key: agent_id, where: role == 'leed'}", [("K237", "'leed'")]),
        ("{from: agents, key: agent_id, where: role}", [("K362", "role")]),
        ("agents", [("K303", "agents")]),
    ],
)
def test_subjects(subject, told):
    text = SHOP.replace("subject: {from: agents, key: agent_id}", f"subject: {subject}")
    assert shown(text) == told


def test_the_roster_tells_what_its_where_made_known():
    text = SHOP.replace("key: agent_id}", "key: agent_id, where: bonus is known}")
    assert codes(text + "  m: 1 if bonus > 5 CNY else 0\n") == []
