"""From legs to messages: exchanges of questions and replies, each message after the one before.

The rows come out in order of story, agent and time, as they were made up, so what follows from
one message to the next is known without sorting.
"""

import polars as pl

from kpi_engine.sample.days import DAY, HOUR, MINUTE
from kpi_engine.sample.draws import THOUSAND, at, below, chance, key_of, pick, skewed, with_draws
from kpi_engine.sample.people import Shop

SENDERS = ("buyer", "agent", "bot_assist", "bot_auto", "auto_reply", "system")
BUYER, AGENT, BOT_ASSIST, BOT_AUTO, AUTO_REPLY, SYSTEM = range(len(SENDERS))
REPLIES = (AGENT, BOT_ASSIST)

EXCHANGES = (1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 5)
BURSTS = (1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 5)
MOST_EXCHANGES, MOST_MESSAGES = 8, 16  # a counter of messages has room for these
MAIN_ACCOUNT_WAIT, MAIN_ACCOUNT_SLOW, MAIN_ACCOUNT_SILENT = 40, 40, 20
MESSAGES_PER_STORY = 10  # a little below what comes out


def chat_messages(shop: Shop, legs: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Return one row per message of the legs: leg, story, agent, time, sender, filtered.

    ``leg`` is the place of its leg, ``t`` the second it is sent in; what is filtered (adverts,
    blocked) does not count.
    """
    key = key_of(seed, shop.number, "chat")
    places = pl.int_ranges(0, "messages", dtype=pl.Int64)
    messages = with_draws(
        _exchanges(shop, legs, key).with_columns(place=places).explode("place"),
        pl.col("counter") * MOST_MESSAGES + pl.col("place"),
        bits=key,
    )
    bits = pl.col("bits")
    messages = messages.select(
        "leg",
        sender=_sender().cast(pl.Int8),
        filtered=chance(bits, 2, 3),
        clock=_gap(bits).cum_sum(),
    )
    first = pl.col("leg") != pl.col("leg").shift()
    offset = messages.select(pl.col("clock").filter(first.fill_null(value=True))).to_series()
    legs = with_draws(legs, pl.col("counter"), advert=key_of(key, "advert"))
    advert = legs.select(chance(pl.col("advert"), 0, 10)).to_series()

    def of_leg(values: pl.Series) -> pl.Expr:
        return pl.lit(values).gather("leg")

    return messages.select(
        "leg",
        "sender",
        story=of_leg(legs["story"]),
        agent=of_leg(legs["agent"]),
        t=pl.col("clock") + of_leg(legs["start"] - offset),
        filtered=pl.col("filtered") | of_leg(advert),
    ).filter(pl.col("t") < of_leg(legs["until"]))


def _sender() -> pl.Expr:
    """Return who sends a message: questions first, an automatic answer right after the first."""
    place, questions = pl.col("place"), pl.col("burst") + pl.col("automatic")
    return (
        pl.when((place == 1) & (pl.col("automatic") == 1))
        .then("automatic_sender")
        .when(place < questions)
        .then(BUYER)
        .otherwise("reply_sender")
    )


def _gap(bits: pl.Expr) -> pl.Expr:
    """Return the seconds since the message before, of this leg."""
    place, questions = pl.col("place"), pl.col("burst") + pl.col("automatic")
    hesitates = chance(bits, 0, 60)
    typing = 1 + pl.when(hesitates).then(below(bits, 1, 300)).otherwise(below(bits, 1, 25))
    return (
        pl.when(place == 0)
        .then("pause")
        .when((place == 1) & (pl.col("automatic") == 1))
        .then(below(bits, 0, 3))
        .when(place < questions)
        .then(typing)
        .when(place == questions)
        .then("wait")
        .otherwise(below(bits, 0, 25))
    )


def _exchanges(shop: Shop, legs: pl.DataFrame, key: int) -> pl.DataFrame:
    """Return one row per exchange of a leg: a burst of questions and what answers it.

    ``pause`` are the seconds before its first message, ``wait`` those before the first reply.
    """
    keys = {name: key_of(key, name) for name in ("talk", "mood", "reply")}
    exchanges = with_draws(_openings(legs, key), pl.col("counter"), **keys)
    talk, mood, reply = pl.col("talk"), pl.col("mood"), pl.col("reply")
    by_bot, greets = pl.col("by_bot"), pl.col("greets")
    silent = ~by_bot & chance(reply, 0, _of_agent(shop, "silent", MAIN_ACCOUNT_SILENT))
    replies = pl.when(silent & ~greets).then(0).otherwise(1 + chance(mood, 0, 200).cast(pl.Int64))
    first = pl.col("exchange") == 0
    automatic = ~by_bot & ~greets & chance(talk, 1, pl.when(first).then(140).otherwise(10))
    person = pl.when(chance(talk, 2, 80)).then(BOT_ASSIST).otherwise(AGENT)
    return exchanges.select(
        "leg",
        "counter",
        burst=pl.when(greets).then(0).otherwise(pick(talk, 0, BURSTS)),
        automatic=automatic.cast(pl.Int64),
        replies=replies,
        pause=pl.when(first).then(0).otherwise(_pause(mood)),
        wait=pl.when(by_bot).then(1 + below(reply, 1, 3)).otherwise(_wait(shop, reply)),
        reply_sender=pl.when(by_bot).then(BOT_AUTO).otherwise(person),
        automatic_sender=pl.when(chance(talk, 3, 250)).then(BOT_AUTO).otherwise(AUTO_REPLY),
    ).with_columns(messages=pl.col("burst") + pl.col("automatic") + pl.col("replies"))


def _openings(legs: pl.DataFrame, key: int) -> pl.DataFrame:
    """Return one row per exchange: which of its leg, whether the robot answers or the agent greets.

    After the robot a person may take over for the last exchange of a leg.
    """
    numbered = legs.select("counter", "agent", "bot", leg=pl.int_range(pl.len(), dtype=pl.UInt32))
    bits, bot = pl.col("bits"), pl.col("bot")
    exchange = pl.col("exchange")
    taken_over = chance(bits, 2, 200) & (exchange == pl.col("rounds") - 1)
    return (
        with_draws(numbered, pl.col("counter"), bits=key_of(key, "leg"))
        .with_columns(rounds=pick(bits, 0, EXCHANGES))
        .with_columns(exchange=pl.int_ranges(0, "rounds", dtype=pl.Int64))
        .explode("exchange")
        .select(
            "leg",
            "agent",
            "exchange",
            counter=pl.col("counter") * MOST_EXCHANGES + exchange,
            by_bot=bot & ~taken_over,
            greets=~bot & chance(bits, 1, 15) & (exchange == 0),
        )
    )


def _pause(bits: pl.Expr) -> pl.Expr:
    """Return the seconds until the buyer writes again; now and then ten minutes, or hours."""
    return (
        pl.when(chance(bits, 3, 50))
        .then(10 * MINUTE + skewed(bits, 1, 2 * HOUR))
        .when(chance(bits, 3, 53))
        .then(10 * MINUTE)
        .when(chance(bits, 3, 56))
        .then(10 * MINUTE - 1)
        .otherwise(3 + skewed(bits, 1, 3 * MINUTE))
    )


def _wait(shop: Shop, bits: pl.Expr) -> pl.Expr:
    """Return the seconds until the agent answers: by her speed, late at times, exactly 180 too."""
    usual = _of_agent(shop, "wait", MAIN_ACCOUNT_WAIT)
    slow = _of_agent(shop, "slow", MAIN_ACCOUNT_SLOW)
    late = ~chance(bits, 1, THOUSAND - slow)
    return (
        pl.when(late)
        .then(160 + skewed(bits, 2, 40 * MINUTE))
        .when(chance(bits, 1, 3))
        .then(3 * MINUTE)
        .otherwise(usual // 3 + skewed(bits, 2, 2 * DAY) * usual // DAY)
    )


def _of_agent(shop: Shop, skill: str, main_account: int) -> pl.Expr:
    return at(pl.col("agent"), [*(getattr(agent, skill) for agent in shop.agents), main_account])
