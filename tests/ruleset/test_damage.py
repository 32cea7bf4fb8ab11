"""No text, however damaged, breaks the checker: it gives a ruleset or says what is wrong."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ruleset.shop import SHOP

from kpi_engine.ruleset.loading import load_ruleset_text
from kpi_engine.text.diagnostics import has_errors
from kpi_engine.text.render import render_json, render_text

FULL = (
    SHOP
    + """\
  grade: {of: score, from 90: 1, from 70: 2, else: 3}
  reached: {of: liked, at 70%: 0, at 90%: 100}
  band: {of: orders_paid, 0 to 9: 1, 10 to 99: 2, else: 3}
  word: {of: role, is presale: 1, is lead: 2, else: 0}
  late: {from: days, value: count(n_orders > 3 and first is known), min_rows: 3, better: lower}
score:
  empty: skip
  needs: 60%
  order: service > volume = rest
  items:
    service: {weight: 50, points: reached}
    volume: {weight: 25, points: 'attain(orders_paid, 80)', printed: 80单}
    rest:
      weight: 25
      rescale: as printed
      items:
        calls: {weight: 10, points: 'attain(calls, 5)'}
        price: {weight: 10, points: 'attain(price, 90 CNY)', empty: stop}
  then:
    fine: score - 5 * calls
pay:
  lines:
    wages: {of: score, from 90: wage, from 70: wage * score / 100, else: 0 CNY}
    share: 'slices(rates, sales) if role == "presale" else 0 CNY'
  then:
    floor: 'at_least(pay, 1000 CNY)'
"""
).replace(
    "tables:\n",
    """\
tables:
  days:
    from: orders
    where: amount > 0 CNY and channel in ['chat', 'call']
    per: [agent_id, day]
    add: {n_orders: count(), first: min(paid_at)}
    drop: {none: n_orders == 0}
""",
)
LINES = FULL.splitlines(keepends=True)
PIECES = sorted(
    {
        *"{}[]:,'\"|>-*&!#%?\t \n\\`~=.<",
        *(
            "null",
            "true",
            "no",
            "unknown",
            "required",
            "0",
            "-1",
            "5 CNY",
            "1e9",
            "９",
            "是",
            "\u2028",
        ),
        *("from", "else", "of", "items", "weight", "score", "pay", "sum(", "x is known", "a > b"),
        *(word for word in FULL.replace("\n", " ").split(" ") if word),
    }
)


def test_the_whole_text_has_no_mistake():
    ruleset, found = load_ruleset_text(FULL)
    assert ruleset is not None, render_text(found)
    assert [finding.code for finding in found] == ["K393"]


def _is_judged(text: str) -> bool:
    ruleset, found = load_ruleset_text(text)
    assert (ruleset is None) == has_errors(found)
    assert len(render_text(found)) < 200_000
    for finding in found:
        assert finding.span is None or 0 <= finding.span.start <= finding.span.end <= len(
            finding.span.source.text
        )
        assert render_json(finding)
    return True


@st.composite
def with_other_characters(draw):
    text = FULL
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 6)))
        text = text[:start] + draw(st.sampled_from([*PIECES, ""])) + text[end:]
    return text


@st.composite
def with_other_lines(draw):
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        index = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["drop", "repeat", "swap", "shift", "value"])):
            case "drop":
                del lines[index]
            case "repeat":
                lines.insert(draw(st.integers(0, len(lines))), lines[index])
            case "swap":
                other = draw(st.integers(0, len(lines) - 1))
                lines[index], lines[other] = lines[other], lines[index]
            case "shift":
                lines[index] = draw(st.sampled_from([" ", "  ", ""])) + lines[index].lstrip(" ")
            case "value":
                key = lines[index].split(":", 1)[0]
                lines[index] = f"{key}: {draw(st.sampled_from(PIECES))}\n"
    return "".join(lines)


@given(with_other_characters())
@settings(max_examples=300)
def test_other_characters(text):
    assert _is_judged(text)


@given(with_other_lines())
@settings(max_examples=300)
def test_other_lines(text):
    assert _is_judged(text)


@given(st.lists(st.sampled_from([*PIECES, ": ", "\n  "]), max_size=40).map("".join))
def test_any_text(text):
    assert _is_judged(text)


def test_every_fixture_of_a_mistake_survives_the_loss_of_each_line():
    fixtures = Path(__file__).parents[1] / "diagnostics"
    shared = (fixtures / "shop.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
    for index in range(len(shared)):
        assert _is_judged("".join(shared[:index] + shared[index + 1 :]))
