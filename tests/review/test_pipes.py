import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_engine.review.pipes import Cell, cell_span, read_pipes
from kpi_engine.text.located import Mapping, Scalar
from kpi_engine.text.reading import parse_yaml
from kpi_engine.text.source import Source


def drawn(text: str) -> Scalar:
    """Return the value of the key `t` of a YAML text."""
    node, diagnostics = parse_yaml(Source("t.yaml", text))
    assert diagnostics == []
    assert isinstance(node, Mapping)
    value = node.entries[0].value
    assert isinstance(value, Scalar)
    return value


def block(*lines: str) -> Scalar:
    return drawn("t: |\n" + "".join(f"  {line}\n" for line in lines))


def texts(cells: tuple[Cell, ...]) -> list[str]:
    return [cell.text for cell in cells]


@pytest.mark.parametrize(
    "lines",
    [
        ("a | b", "1 | 2", " | "),
        ("| a | b |", "| 1 | 2 |", "|   |   |"),
        ("", "a|b", "", "1|2", "|", ""),
    ],
    ids=["bare", "framed", "tight"],
)
def test_a_table_is_read_with_and_without_a_frame(lines):
    table, diagnostics = read_pipes(block(*lines))
    assert diagnostics == []
    assert table is not None
    assert texts(table.header) == ["a", "b"]
    assert [texts(row) for row in table.rows] == [["1", "2"], ["", ""]]
    assert table.given is None


def test_an_arrow_parts_what_is_given_from_what_is_expected():
    table, _ = read_pipes(block("a | b => c", "1 | 2 => 3", "4 | 5 | 6"), arrow=True)
    assert table is not None
    assert table.given == 2
    assert [texts(row) for row in table.rows] == [["1", "2", "3"], ["4", "5", "6"]]


def test_an_arrow_is_text_where_none_is_asked_for():
    table, _ = read_pipes(block("a", "1 => 2"))
    assert table is not None
    assert texts(table.rows[0]) == ["1 => 2"]


def test_names_are_composed():
    table, _ = read_pipes(block("cafe\u0301"))
    assert table is not None
    assert texts(table.header) == ["caf\u00e9"]


def test_a_table_may_stand_in_a_quoted_scalar():
    table, diagnostics = read_pipes(drawn('t: "a | b\\n1 | 2"'))
    assert diagnostics == []
    assert table is not None
    assert texts(table.rows[0]) == ["1", "2"]
    span = cell_span(table.rows[0][1])
    assert span.source.text[span.start : span.end] == "2"


@given(
    st.lists(
        st.lists(
            st.sampled_from(["", "x", "小李", "2016-04-05 09:00", "89.5%"]), min_size=3, max_size=3
        ),
        min_size=1,
        max_size=4,
    )
)
def test_the_place_of_every_cell_is_where_its_text_is_written(rows):
    table, diagnostics = read_pipes(block("a | b | c", *(" | ".join(row) for row in rows)))
    kept = [row for row in rows if " | ".join(row).strip()]
    assert diagnostics == []
    assert table is not None
    assert [texts(row) for row in table.rows] == kept
    for row in table.rows:
        for cell in row:
            span = cell_span(cell)
            assert span.source.text[span.start : span.end] == cell.text
