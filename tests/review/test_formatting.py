"""One layout: the same values and comments in it, whatever a file looked like."""

import random
import resource
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.review.scrambling import scrambled

import kpi_engine as ke
from kpi_engine.review.formatting import find_losses, format_source
from kpi_engine.text.comments import find_ignores
from kpi_engine.text.located import Mapping
from kpi_engine.text.reading import parse_yaml
from kpi_engine.text.remarks import find_remarks
from kpi_engine.text.source import Source

SHELF = Path(__file__).parents[2] / "rulesets"
SAMPLES = (
    *("taobao/presales.yaml", "taobao/aftersales.test.yaml", "taobao/reply_rate.yaml"),
    *("examples/chinese.yaml", "examples/chinese.test.yaml", "examples/medals.yaml"),
    *("examples/team_lead.yaml", "ebay/seller.test.yaml", "alibaba/values_and_361.yaml"),
    *("seed/t1_supply.yaml", "survey/nps.yaml", "jd/scorecard.yaml"),
)
TEXTS = {name: (SHELF / name).read_text("utf-8") for name in SAMPLES}


def tree(text: str) -> Mapping:
    root, _ = parse_yaml(Source("a.yaml", text))
    assert isinstance(root, Mapping)
    return root


def remarks(text: str) -> list[str]:
    return sorted(remark.text for remark in find_remarks(tree(text)))


def formatted(text: str) -> str:
    result = ke.format_text(text)
    assert ke.format_text(result) == result
    return result


names = st.sampled_from(SAMPLES)
seeds = st.integers(0, 10**6)


@settings(max_examples=25)
@given(names, seeds)
def test_a_layout_does_not_depend_on_the_one_before(name, seed):
    root = tree(TEXTS[name])
    first, second = (
        scrambled(root, random.Random(seed + more), [], blanks=False) for more in (0, 1)
    )
    assert formatted(first) == ke.format_text(second)


@settings(max_examples=25)
@given(names, seeds, st.booleans())
def test_values_and_comments_are_kept_whatever_the_layout(name, seed, shuffled):
    chance = random.Random(seed)
    root = tree(TEXTS[name])
    if shuffled:
        entries = [*root.entries]
        chance.shuffle(entries)
        root = Mapping(tuple(entries), root.span, root.flow)
    said = [f"# {number} 说明" for number in range(30)]
    text = scrambled(root, chance, said, blanks=True)
    result = formatted(text)
    assert find_losses(tree(text), Source("a.yaml", result)) == []
    assert remarks(result) == remarks(text)


@settings(max_examples=25)
@given(names, seeds)
def test_a_comment_that_ignores_speaks_of_the_same_values_or_nothing_is_written(name, seed):
    said = [f"# kpi: ignore K386: reason {number}" for number in range(5)]
    text = scrambled(tree(TEXTS[name]), random.Random(seed), said, blanks=True)
    result, found = format_source(Source("a.yaml", text))
    if result is None:
        assert {finding.code for finding in found} == {"K560"}
    else:
        before, after = (find_ignores(Source("a.yaml", each))[0] for each in (text, result))
        assert len(before) == len(after)


def test_the_shelf_is_formatted():
    report = ke.format_files(SHELF, write=False)
    assert [file.name for file in report.files if file.standing != "formatted"] == []
    assert report.diagnostics == ()


def test_what_an_author_is_given_to_begin_with_is_formatted(tmp_path):
    ke.init_ruleset("maple", tmp_path)
    ke.init_shop("maple/presales", "taobao/presales", tmp_path)
    report = ke.format_files(tmp_path, write=False)
    assert {file.standing for file in report.files} == {"formatted"}
    assert len(report.files) == 3


def test_keys_have_one_order_and_sections_an_empty_line_above():
    text = (
        "# 枫叶\nparams:   {rate: '1%' , 奖金: 20 CNY}   # ours\n"
        "extends: base\n\n\n# who\nruleset: \"shop\"\npay: {lines: {奖金: 'round(rate * pay, 1)'}}\n"
    )
    assert formatted(text) == (
        "# 枫叶\n\n# who\nruleset: shop\nextends: base\n\n"
        "params:  # ours\n  rate: 1%\n  奖金: 20 CNY\n\n"
        "pay:\n  lines:\n    奖金: round(rate * pay, 1)\n"
    )


def test_a_file_with_a_key_that_nobody_knows_keeps_its_order():
    assert formatted("zones: UTC\nruleset: a\n") == "zones: UTC\nruleset: a\n"


def test_tables_have_columns_as_wide_on_the_screen_as_their_widest_cell():
    text = (
        "test: a\nperiod: 2026-10\ngiven:\n  评价: |\n    | 编号|员工 | 分 |\n    | 1 | 王小明 | |\n"
        'cases:\n- name: 甲\n  table: "评价|b=>奖金 | pay\\n1|2|3|400 CNY\\n\\n10 | | unknown |5"\n'
    )
    assert formatted(text) == (
        "test: a\nperiod: 2026-10\ngiven:\n"
        "  评价: |\n    编号 | 员工   | 分\n    1    | 王小明 |\n"
        "cases:\n  - name: 甲\n"
        "    table: |\n      评价 | b => 奖金   | pay\n      1    | 2 | 3       | 400 CNY\n\n"
        "      10   |   | unknown | 5\n"
    )


def test_a_table_of_one_column_keeps_the_frame_of_an_empty_cell():
    text = "test: a\nperiod: 2026-10\ngiven:\n  shops: |\n    | shop |\n    |      |\ncases: []\n"
    assert formatted(text) == text


def test_comments_behind_successive_lines_are_aligned_where_there_is_room():
    text = "params:\n  响应: 3 min # a\n  b: 1 # b\n\n  c: 10 # c\n"
    assert formatted(text) == "params:\n  响应: 3 min  # a\n  b: 1         # b\n\n  c: 10  # c\n"


def test_what_is_too_long_for_a_line_has_several():
    words = "word " * 21
    formula = "a and\n        not b or\n        " + ("c " * 44).strip()
    text = f"ruleset: a\nnote: {words}\nmetrics:\n  x:\n    where: >\n        {formula}\n    value: 1\n"
    assert formatted(text) == (
        f"ruleset: a\nnote: >-\n  {('word ' * 19).strip()}\n  word word\n\nmetrics:\n  x:\n"
        f"    where: >\n      a and\n      not b or\n      {('c ' * 44).strip()}\n    value: 1\n"
    )


@pytest.mark.parametrize(
    "value",
    ["'1.0'", "'no'", "'2026-10-01'", "'null'", "'#1'", "'a: b'", "\"'it'\"", "'- x'", "''"],
)
def test_quotes_stay_where_a_reader_of_yaml_needs_them(value):
    assert formatted(f"ruleset: {value}\n") == f"ruleset: {value}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\ufeffruleset: a\r\nnote: |\r\n  x\r\n  y\r\n", "ruleset: a\nnote: |\n  x\n  y\n"),
        ("---\nruleset: a  # b\n...", "ruleset: a  # b\n"),
        ("? ruleset\n: a", "ruleset: a\n"),
        (
            "fleet: north\nshops: {S1: a, S2: {extends: b}}",
            "fleet: north\nshops:\n  S1: a\n  S2: {extends: b}\n",
        ),
        ('ruleset: "a\\u200bb"', 'ruleset: "a\\u200Bb"\n'),
        ("{}", "{}\n"),
    ],
)
def test_what_means_nothing_goes(text, expected):
    assert formatted(text.removeprefix("\ufeff")) == expected


def test_a_comment_that_ignores_keeps_its_value_on_its_line():
    long = "a" * 90
    text = f"params:\n  x: {{from 1: 'a, b', else: {long}}}  # kpi: ignore K386: agreed\n"
    assert formatted(text) == text
    block = "score:\n  items:\n    # kpi: ignore K386: agreed\n    x:\n      points: a\n"
    assert formatted(block) == block


def test_a_comment_that_would_speak_of_more_is_refused():
    text = "params:\n  # kpi: ignore K341: the form\n  x: {from 1: 2,\n    else: 3}\n"
    with pytest.raises(ke.RulesetError) as caught:
        ke.format_text(text)
    assert [(d.code, d.span and d.span.start) for d in caught.value.diagnostics] == [("K560", 10)]


@pytest.mark.parametrize(
    ("after", "lost"),
    [
        ("params: {a: 1, b: 3}  # c\n", "its values"),
        ("params: {b: 2, a: 1}  # c\n", "its values"),
        ("params: {a: 1, b: 2}\n", "its comments"),
        ("params: {a: 1, b: 2\n", "what it says"),
    ],
)
def test_a_text_that_lost_something_is_found_out(after, lost):
    before = tree("params: {a: 1, b: 2}  # c\n")
    assert [finding.message for finding in find_losses(before, Source("a.yaml", after))] == [
        f"not formatted: in the new layout {lost} would be others"
    ]


def test_a_cell_that_changes_is_a_value_that_changes():
    before = tree("test: a\ncases:\n  - table: |\n      a => b\n      1 | 2\n")
    after = "test: a\ncases:\n  - table: |\n      a | b\n      1 | 2\n"
    assert [finding.code for finding in find_losses(before, Source("a.yaml", after))] == ["K561"]


def test_a_formatted_ruleset_differs_from_the_old_one_in_nothing(tmp_path):
    chance = random.Random(1)
    path = tmp_path / "presales.yaml"
    text = scrambled(tree(TEXTS["taobao/presales.yaml"]), chance, [], blanks=True)
    path.write_text(text, "utf-8")
    old = tmp_path / "old.yaml"
    old.write_text(text, "utf-8")
    (file,) = ke.format_files(path).files
    assert (file.standing, file.after) == ("changed", path.read_text("utf-8"))
    assert ke.diff(old, path).changes == ()
    codes = [[finding.code for finding in ke.check(each).diagnostics] for each in (old, path)]
    assert codes[0] == codes[1]


def test_a_file_with_mistakes_is_left_as_it_is_and_the_others_are_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text("ruleset:   a\nparams: {rate: no}\n", "utf-8")
    Path("b.yaml").write_text("ruleset:   b\n", "utf-8")
    Path("c.yaml").write_text("ruleset: c\n", "utf-8")
    Path("d.yaml").write_text("other:   c\n", "utf-8")
    Path("b.yaml").chmod(0o640)
    report = ke.format_files(".")
    assert [(f.name, f.standing) for f in report.files] == [
        ("a.yaml", "refused"),
        ("b.yaml", "changed"),
        ("c.yaml", "formatted"),
    ]
    assert [finding.code for finding in report.diagnostics] == ["K119"]
    assert Path("a.yaml").read_text("utf-8") == "ruleset:   a\nparams: {rate: no}\n"
    assert Path("b.yaml").read_text("utf-8") == "ruleset: b\n"
    assert Path("b.yaml").stat().st_mode & 0o777 == 0o640
    assert Path("d.yaml").read_text("utf-8") == "other:   c\n"
    assert sorted(path.name for path in Path().iterdir()) == [
        "a.yaml",
        "b.yaml",
        "c.yaml",
        "d.yaml",
    ]


@pytest.mark.parametrize(
    ("paths", "code"),
    [([], "K501"), (["."], "K501"), (["*.yml"], "K550"), (["none.yaml"], "K101")],
)
def test_nothing_to_format_is_a_finding(tmp_path, monkeypatch, paths, code):
    monkeypatch.chdir(tmp_path)
    report = ke.format_files(*paths)
    assert ([finding.code for finding in report.diagnostics], report.files) == ([code], ())


def test_a_file_that_cannot_be_written_whole_has_its_old_text(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("ruleset:  a\n", "utf-8")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4, hard))
    try:
        with pytest.raises(ke.DataError) as caught:
            ke.format_files(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [finding.code for finding in caught.value.diagnostics] == ["K451"]
    assert [(each.name, each.read_text("utf-8")) for each in tmp_path.iterdir()] == [
        ("a.yaml", "ruleset:  a\n")
    ]
