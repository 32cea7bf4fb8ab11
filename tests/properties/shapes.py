"""Matches of one shape after another: chats before, around and after orders, in every relation."""

from dataclasses import dataclass
from fractions import Fraction
from random import Random

from tests.properties.pinned import instant
from tests.reference.cases import load

from kpi_engine.reference.values import Row
from kpi_engine.ruleset.checked import Ruleset

PERIOD = "2026-10"
MINUTE = 60 * 10**6

_HEAD = """
ruleset: shapes
zone: Asia/Shanghai
currency: CNY
subject: {from: agents, key: agent}
params: {window: 2 h}
tables:
  agents: {key: agent, columns: {agent: text}}
  chats:
    key: id
    dated: start
    columns:
      id: int
      shop: text
      buyer: optional int
      agent: optional text
      start: datetime
      end: optional datetime
      size: optional number
      good: optional bool
    drop: {small: size == 0}
  talks:
    from: chats
    per: [shop, buyer, agent]
    in_order: [start]
    starts_when: start - before.start >= 30 min
    dated: start
    add: {start: min(start), end: max(end), size: sum(size), good: count(good) > 0}
  orders:
    key: id
    dated: paid
    columns:
      id: int
      shop: text
      buyer: optional int
      agent: optional text
      made: datetime
      paid: optional datetime
"""

_AFTER = (
    "c.start <= made",
    "c.start < made",
    "made >= c.start",
    "c.start <= paid",
    "c.end <= made",
)
_BEFORE = (
    *("made < c.end + window", "made <= c.end + 2 h", "made - c.end < 1 h", "c.end > made"),
    *("made < c.start + 1 h", "made - window <= c.end", "paid < c.end + 30 min", "made < c.end"),
    *("c.end + window > made", "c.start + 0 s >= made - 1 h"),
)
_CHAINS = (
    *("c.start <= made < c.end + window", "c.start <= made <= c.end", "c.start < made < c.end"),
    *(
        "made <= c.start < made + window",
        "made < c.start <= made + 1 h",
        "c.end <= made < c.end + 1 h",
    ),
    *("made - 2 h <= c.end < made", "made - window <= c.start < made"),
)
_OTHERS = (
    "c.agent is known",
    "c.good",
    "c.agent != agent",
    "c.size > 1",
    "not c.good",
    "c.id != 3",
)
_PREFERENCES = (
    *(
        "highest made < c.end",
        "highest c.end",
        "highest c.end",
        "highest c.start",
        "lowest c.start",
    ),
    *("lowest c.end", "lowest c.agent", "highest c.agent", "highest c.size", "lowest made - c.end"),
    *("highest c.good", "lowest c.start + window", "highest c.end is known"),
)
_OWNERS = ("highest made < c.end", "highest c.end", "lowest c.agent")
"""As orders are credited: the chat in progress, else the one that ended last."""

_WINNING = (
    *("highest c.end is known", "lowest c.end is known", "highest c.size > 1"),
    *("lowest c.size > 1", "highest c.good and c.size > 1"),
)
"""What wins before all else; then the order of times decides."""

_METRICS = """
  found{n}: {{from: made{n}, whose: found_agent, value: count()}}
  sizes{n}: {{from: made{n}, whose: found_agent, dated: found_end, value: sum(found_size)}}
"""


def shapes(seed: int, count: int) -> Ruleset:
    """Return a ruleset of so many tables of orders, each with one random match."""
    random = Random(seed)
    tables = "".join(_table(random, number) for number in range(count))
    metrics = "".join(_METRICS.format(n=number) for number in range(count))
    return load(f"{_HEAD}{tables}metrics:{metrics}")


def _table(random: Random, number: int) -> str:
    to = random.choice(("chats", "talks"))
    conditions = random.choice(
        ((random.choice(_CHAINS),), (random.choice(_AFTER), random.choice(_BEFORE)), ())
    )
    others = [text for text in _OTHERS if random.random() < 0.15]
    where = " and ".join([*conditions, *others])
    if to == "talks":
        where = where.replace("c.id", "c.run")
    prefer = random.sample(_PREFERENCES, random.choice((0, 1, 1, 2, 3)))
    if random.random() < 0.4:
        prefer = list(_OWNERS[random.choice((0, 0, 1)) :])
    elif random.random() < 0.3:
        prefer = [random.choice(_WINNING), random.choice(_PREFERENCES[1:6])]
    lines = [f"to: {to}", f"same: [{random.choice(('buyer', 'shop, buyer', 'buyer, agent'))}]"]
    lines += [f"where: {where}"] if where else []
    lines += [f"prefer: [{', '.join(prefer)}]"] if prefer else []
    lines += ["take: every"] if random.random() < 0.15 else []
    match = "".join(f"\n        {line}" for line in lines)
    columns = ("start", "end", "agent", "size")
    add = "".join(f"\n      found_{column}: c.{column}" for column in columns)
    return f"  made{number}:\n    from: orders\n    match:\n      c:{match}\n    add:{add}\n"


@dataclass(frozen=True, slots=True)
class Crush:
    """How many chats and orders there are, of how many buyers, at how many moments."""

    chats: int
    orders: int
    buyers: int
    moments: int


def crushed(seed: int, crush: Crush) -> dict[str, list[Row]]:
    """Return chats and orders: some end before they start, some are of nobody."""
    random = Random(seed)
    first = instant("2026-10-05 22:00")
    times = [first + random.choice((5, 15, 60)) * MINUTE * n for n in range(crush.moments)]
    edges = (0, 0, 0, 120 * MINUTE, 120 * MINUTE - 1, 60 * MINUTE, 1, -1)

    def person(row: Row) -> Row:
        return {
            **row,
            "shop": random.choice("st"),
            "buyer": None if random.random() < 0.08 else Fraction(random.randrange(crush.buyers)),
            "agent": None if random.random() < 0.1 else random.choice(("a", "b", "客服", "A")),
        }

    def chat(number: int) -> Row:
        start = random.choice(times)
        long = random.choice((0, 5, 15, 60, 120, 600)) * MINUTE
        end = random.choice((start + long, start + long, random.choice(times), None))
        size = random.choice((None, Fraction(0), Fraction(1), Fraction(5, 2)))
        good = random.choice((None, True, False))
        return {"id": Fraction(number), "start": start, "end": end, "size": size, "good": good}

    def order(number: int) -> Row:
        made = random.choice(times) + random.choice(edges)
        paid = random.choice((made, made + 60 * MINUTE, None))
        return {"id": Fraction(number), "made": made, "paid": paid}

    chats = [person(chat(n)) for n in random.sample(range(crush.chats), crush.chats)]
    orders = [person(order(n)) for n in random.sample(range(crush.orders), crush.orders)]
    return {
        "agents": [{"agent": agent} for agent in ("a", "客服")],
        "chats": chats,
        "orders": orders,
    }
