from datetime import date
from fractions import Fraction

import pytest
from tests.reference.cases import at
from tests.reference.shop import agent, judged_shop, message, order, shop

from kpi_engine.reference.judging import judge
from kpi_engine.reference.values import Row

ROUND = [
    message("10:10:15"),
    message("10:15:20"),
    message("10:18:10", "agent"),
]


def answered(messages):
    """Rounds in time, and rounds, of the agent ``a1``."""
    metrics = judged_shop(messages).subjects["s", "a1"].metrics
    return metrics["answered"].value, metrics["asked"].value


def test_a_round_is_timed_from_its_first_question():
    assert answered(ROUND) == (0, 1)
    assert answered(ROUND[1:]) == (1, 1)


def test_a_question_after_an_answer_starts_a_round():
    again = [*ROUND, message("10:18:30"), message("10:19:00", "agent")]
    assert answered(again) == (1, 2)
    assert answered(again[::-1]) == (1, 2)


def test_questions_that_nobody_answers_that_day_are_one_round_not_in_time():
    ten = [message(f"10:10:{second:02}") for second in range(0, 20, 2)]
    assert answered(ten) == (0, 1)
    assert answered([*ten, message("2026-10-06 00:00:01", "agent")]) == (0, 1)


def test_three_minutes_are_in_time_and_a_microsecond_more_is_not():
    asked, last = message("10:00:00"), message("10:03:00", "agent")
    assert answered([asked, last]) == (1, 1)
    late = {**last, "sent_at": at("2026-10-05 10:03:00") + 1}
    assert answered([asked, late]) == (0, 1)


def test_rounds_are_those_of_one_buyer_one_account_and_one_day():
    messages = [
        message("23:59:00"),
        message("2026-10-06 00:00:30", "agent"),
        message("10:00:00", buyer_id="c"),
        message("10:01:00", "agent", buyer_id="c"),
        message("11:00:00", agent_id="a2"),
        message("11:01:00", "agent"),
    ]
    assert answered(messages) == (1, 2)


def test_of_messages_of_one_moment_the_lower_id_comes_first():
    question, answer = message("10:00:00"), message("10:00:00", "agent")
    first = [{**question, "message_id": "1"}, {**answer, "message_id": "2"}]
    assert answered(first) == (1, 1)
    after = [{**question, "message_id": "2"}, {**answer, "message_id": "1"}]
    assert answered(after) == (0, 1)
    other = {**answer, "message_id": "3", "sent_at": at("2026-10-05 10:01")}
    assert answered([*after, other]) == (1, 1)


def test_an_exempt_day_takes_its_rounds_and_says_so():
    calendar: Row = {"shop_id": "s", "day": date(2026, 10, 5), "excluded": True}
    judgement = judged_shop([*ROUND, message("2026-10-06 09:00")], calendar=(calendar,))
    assert judgement.subjects["s", "a1"].metrics["asked"].value == 1
    filtered_by = judgement.accounts["asked"].filtered_by
    assert filtered_by == {"no_question": 0, "exempt_day": 1}


CHAT = [message("10:00:00"), message("10:01:00", "agent")]


def owners(messages, *orders, agents=("a1", "a2", "a3")):
    """The agent each order is credited to, by the order's id."""
    rows = judged_shop(messages, orders, agents).tables["credited_orders"].rows
    return {row.values["order_id"]: row.values["agent_id"] for row in rows}


def chat(start, end, agent_id):
    """A question and its answer, the ends of one conversation."""
    return [message(start, "buyer", agent_id), message(end, "agent", agent_id)]


@pytest.mark.parametrize(
    ("created", "owner"),
    [
        ("10:00:00", "a1"),  # in progress from its first message
        ("09:59:59", None),
        ("10:01:00", "a1"),  # just ended
        ("2026-10-07 10:00:59", "a1"),
        ("2026-10-07 10:01:00", None),  # two days after its end
    ],
)
def test_an_order_is_of_the_chat_it_was_made_in_or_within_two_days_of(created, owner):
    assert owners(CHAT, order(created)) == {"o": owner}


def test_of_chats_in_progress_the_one_that_ends_last_has_the_order():
    messages = [*chat("10:00:00", "10:08:00", "a1"), *chat("10:03:00", "10:09:00", "a2")]
    assert owners(messages, order("10:05")) == {"o": "a2"}
    longer = [*messages, message("10:09:30", "agent", "a1")]
    assert owners(longer, order("10:05")) == {"o": "a1"}


def test_a_chat_in_progress_goes_before_one_that_ended():
    messages = [*chat("10:00:00", "10:05:00", "a1"), *chat("10:04:00", "10:04:30", "a2")]
    assert owners(messages, order("10:04:45")) == {"o": "a1"}
    assert owners(messages, order("10:05:00")) == {"o": "a1"}
    messages += chat("10:20:00", "10:20:30", "a2")
    assert owners(messages, order("10:05:30")) == {"o": "a1"}
    assert owners(messages, order("10:21:00")) == {"o": "a2"}


def test_of_chats_that_end_together_the_lower_agent_id_has_the_order():
    messages = [*chat("10:00:00", "10:05:00", "a3"), *chat("10:00:00", "10:05:00", "a2")]
    assert owners(messages, order("10:02")) == {"o": "a2"}
    assert owners(messages, order("10:30")) == {"o": "a2"}


def test_a_chat_without_a_reply_or_without_an_agent_has_no_order():
    unanswered = [message("10:00:00"), message("10:01:00")]
    bot = [message("10:00:00", agent_id=None), message("10:01:00", "agent", None)]
    assert owners(unanswered, order("10:02")) == {"o": None}
    assert owners(bot, order("10:02")) == {"o": None}


def test_an_order_of_another_buyer_is_nobodys():
    assert owners(CHAT, order("10:00:30", buyer_id="other")) == {"o": None}


def test_an_owner_who_is_written_down_wins():
    assert owners(CHAT, order("10:00:30", owner_agent_id="a9")) == {"o": "a9"}


def test_ten_minutes_of_silence_end_a_chat():
    messages = [*CHAT, *chat("10:11:00", "10:12:00", "a1"), *chat("10:21:59", "10:22:00", "a1")]
    made = judged_shop(messages).tables["conversations"].rows
    ends = [(row.values["run"], row.values["end_at"]) for row in made]
    assert ends == [(1, at("2026-10-05 10:01:00")), (2, at("2026-10-05 10:22:00"))]


def test_sales_are_those_of_the_owner_and_orders_of_nobody_are_counted():
    messages = [*CHAT, *chat("11:00:00", "11:05:00", "a2")]
    orders = (
        order("10:30", order_id="one", paid_amount=Fraction(100)),
        order("11:01", order_id="two", paid_amount=Fraction(10)),
        order("11:20", order_id="three", paid_amount=Fraction(1)),
        order("09:00", order_id="silent"),
        order("11:20", order_id="fake", is_fake=True),
    )
    judgement = judged_shop(messages, orders, ("a1", "a2"))
    sales = {key[1]: slip.metrics["sales"].value for key, slip in judgement.subjects.items()}
    assert sales == {"a1": 100, "a2": 11}
    assert (judgement.accounts["sales"].accepted, judgement.accounts["sales"].no_subject) == (4, 1)


def test_everyone_else_who_chatted_before_payment_helped():
    messages = [
        *chat("10:00:00", "10:05:00", "a1"),
        *chat("09:00:00", "09:10:00", "a2"),
        *chat("10:30:00", "10:31:00", "a3"),
        *chat("11:00:00", "11:01:00", "a2"),
        *chat("12:00:00", "12:01:00", "a3"),
    ]
    judgement = judged_shop(messages, (order("10:04", "2026-10-05 11:30"),), ("a1", "a2", "a3"))
    found = {
        key[1]: (slip.metrics["helped"].value, slip.metrics["followed"].value)
        for key, slip in judgement.subjects.items()
    }
    assert found == {"a1": (0, 0), "a2": (1, 1), "a3": (0, 1)}
    assert judgement.tables["assists"].unmatched == 0


def test_an_order_that_nobody_helped_with_leaves_no_row_and_is_counted():
    judgement = judged_shop(CHAT, (order("10:00:30"), order("10:00:40", order_id="p")))
    assert judgement.tables["assists"].rows == ()
    assert judgement.tables["assists"].unmatched == 2


def test_an_empty_shop_has_no_rounds():
    judgement = judge(shop(), {"agents": [agent()]}, "2026-10")
    assert judgement.subjects["s", "a1"].metrics["in_time"].status == "no_rows"
