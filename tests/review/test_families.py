from pathlib import Path

import pytest

from kpi_engine import lock
from kpi_engine.review.families import MOST_PIECES, families_of, share_families
from kpi_engine.ruleset.shops import Shelf, ShopText, read_shop

ALONE = """\
ruleset: {name}
zone: UTC
currency: CNY
subject: {{from: agents, key: agent_id}}
tables: {{agents: {{key: agent_id, columns: {{agent_id: text, wage: money}}}}}}
pay: {{lines: {{base: wage}}}}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(name: str, text: str = ALONE) -> str:
    file = Path(f"{name}.yaml")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text.format(name=name), "utf-8")
    return name


def families(*names: str) -> list[list[str]]:
    shops: list[ShopText] = []
    for name in names:
        shop = read_shop(name, Path(f"{name}.yaml"))
        assert isinstance(shop, ShopText)
        shops.append(shop)
    return [[shop.name for shop in family] for family in families_of(shops, Shelf())]


def test_files_that_share_nothing_are_families_of_one():
    assert families(write("maple"), write("oak")) == [["maple"], ["oak"]]


def test_a_file_belongs_to_what_it_extends_wherever_it_stands():
    names = [write("a", "ruleset: a\nextends: z\n"), write("oak"), write("z")]
    assert families(*names) == [["a", "z"], ["oak"]]


def test_shops_over_one_base_belong_together_where_it_is_checked_too():
    write("base")
    write("a", "ruleset: a\nextends: base\n")
    write("b", "ruleset: b\nextends: base\n")
    write("c", "ruleset: c\nextends: taobao/presales\n")
    write("d", "ruleset: d\nextends: taobao/presales\n")
    assert families("a", "c", "b", "d") == [["a"], ["c"], ["b"], ["d"]]
    assert families("a", "base", "b") == [["a", "base", "b"]]


def test_a_file_between_two_others_need_not_be_checked():
    write("grandparent")
    write("parent", "ruleset: parent\nextends: grandparent\n")
    write("child", "ruleset: child\nextends: parent\n")
    write("oak")
    assert families("child", "oak", "grandparent") == [["child", "grandparent"], ["oak"]]


def test_a_parent_may_be_known_by_another_name_of_its_file():
    write("real/oak")
    Path("other.yaml").symlink_to("real/oak.yaml")
    write("child", "ruleset: child\nextends: other\n")
    assert families("child", "real/oak") == [["child", "real/oak"]]


def test_a_key_written_with_escapes_is_read_as_it_is_meant():
    write("base")
    write("child", 'ruleset: child\n"extend\\x73": base\n')
    assert families("child", "base") == [["child", "base"]]


def test_a_parent_may_be_named_on_a_line_of_its_own_and_its_key_written_loosely():
    write("elm")
    write("fir")
    for name, base in (("a", "elm"), ("b", "fir")):
        write(name, f"ruleset: {name}\nextends:\n  {base}\n")
    for name, base in (("c", "elm"), ("d", "fir")):
        write(name, f"ruleset: {name}\nextends : {base}\n\n")
    assert families("a", "b", "c", "d", "elm", "fir") == [["a", "c", "elm"], ["b", "d", "fir"]]


def test_a_locked_base_is_its_copies():
    write("base", f"{ALONE}version: 1\n")
    for name in "ab":
        write(name, f"ruleset: {name}\nextends: base@1\n")
    folder = Path(lock("a.yaml").folder)
    copied = next(folder.glob("*.yaml")).with_suffix("").as_posix()
    assert families("a", "base", copied, "b") == [["a", copied, "b"], ["base"]]


def test_a_file_that_cannot_be_read_is_alone():
    write("base")
    write("child", "ruleset: child\nextends: base\nparams: [\n")
    write("orphan", "ruleset: orphan\nextends: nobody\n")
    assert families("child", "base", "orphan") == [["child"], ["base"], ["orphan"]]


def test_families_are_shared_out_in_pieces_that_grow_smaller_and_never_split():
    shops = [[str(number)] for number in range(14)]
    pieces = share_families([["x", "y", "z"], *shops, ["v", "w"]], 2)
    assert pieces[:2] == [["x", "y", "z", "v", "w"], ["0", "1", "2"]]
    assert [len(piece) for piece in pieces] == [5, 3, 2, 2, 1, 1, 1, 1, 1, 1, 1]
    every = [shop for piece in pieces for shop in piece]
    assert every == ["x", "y", "z", "v", "w", *(shop for (shop,) in shops)]
    assert share_families([["x", "y", "z"]], 4) == [["x", "y", "z"]]


@pytest.mark.parametrize("count", [199, 10_000])
def test_of_many_shops_there_are_a_hundred_pieces_at_most(count):
    pieces = share_families([[number] for number in range(count)], 64)
    assert len(pieces) == MOST_PIECES
    assert [number for piece in pieces for number in piece] == list(range(count))
