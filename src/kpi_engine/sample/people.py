"""The shops and the people who answer in them, each with a skill of their own."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from kpi_engine.sample.days import exempt_reasons
from kpi_engine.sample.draws import number_below

MESSAGES_PER_AGENT = 16_000  # in three months
AGENTS_PER_SHOP = 15
SMALLEST_SHOP = 5
FEWEST_SHOPS = 2
WEAK_SHARE = 22  # per cent of the agents
TEAM_CHANGE = date(2026, 10, 15)
TEAMS = ("早班", "晚班")
HABITS = ("joins", "leaves", "hardly there", "away in October", "changes team", "joins late")


@dataclass(frozen=True, slots=True)
class Agent:
    """One account of a shop: its employment, its work and how well it does it.

    ``code`` is the place in the shop in order of ``agent_id``; ``left`` is exclusive. ``traffic``
    is the routing weight, ``wait`` the usual seconds to a reply; ``slow``, ``silent``, ``selling``,
    ``pleasing``, ``solving`` are chances in a thousand, ``spending`` is per cent of a usual order.
    """

    code: int
    agent_id: str
    role: str
    hired: date
    left: date | None
    habit: str
    regular: bool
    traffic: int
    wait: int
    slow: int
    silent: int
    selling: int
    pleasing: int
    solving: int
    spending: int
    base_pay: int
    perf_wage: int


@dataclass(frozen=True, slots=True)
class Shop:
    """One shop: how many messages it gets, who works there, and its exempt days with reasons."""

    number: int
    shop_id: str
    messages: int
    price: int
    agents: tuple[Agent, ...]
    reasons_by_day: dict[date, str]

    @property
    def main_account(self) -> int:
        """The code of the shop's own account, under which nobody works: it is on no roster."""
        return len(self.agents)


def open_shops(messages: int, seed: int) -> tuple[Shop, ...]:
    """Return the shops of a sample; their messages add up to those asked for."""
    people = max(FEWEST_SHOPS * SMALLEST_SHOP, messages // MESSAGES_PER_AGENT)
    count = max(FEWEST_SHOPS, people // AGENTS_PER_SHOP)
    sizes = [2 + number_below(4, seed, shop, "size") for shop in range(count)]
    # Running totals, so that no message is lost to rounding.
    bounds = [messages * sum(sizes[:shop]) // sum(sizes) for shop in range(count + 1)]
    return tuple(
        _opened(seed, shop, bounds[shop + 1] - bounds[shop], people * sizes[shop] // sum(sizes))
        for shop in range(count)
    )


def roster_table(shop: Shop) -> pl.DataFrame:
    """Return the agents of a shop, one row per agent and validity; a change of team begins one."""
    lead = shop.agents[0].agent_id
    rows = []
    for agent in shop.agents:
        team = TEAMS[agent.code % 2]
        spans = [(agent.hired, agent.left, team)]
        if agent.habit == "changes team":
            spans = [
                (agent.hired, TEAM_CHANGE, team),
                (TEAM_CHANGE, agent.left, TEAMS[1 - agent.code % 2]),
            ]
        rows += [
            {
                "shop_id": shop.shop_id,
                "agent_id": agent.agent_id,
                "valid_from": start,
                "valid_to": end,
                "role": agent.role,
                "team": None if agent.role == "lead" else team,
                "supervisor_id": None if agent.role == "lead" else lead,
                "base_pay": agent.base_pay,
                "perf_wage": agent.perf_wage,
                "regular": agent.regular,
            }
            for start, end, team in spans
        ]
    schema = {
        "valid_from": pl.Date,
        "valid_to": pl.Date,
        "team": pl.String,
        "supervisor_id": pl.String,
    }
    return pl.DataFrame(rows, schema_overrides=schema, infer_schema_length=None)


def _opened(seed: int, number: int, messages: int, people: int) -> Shop:
    count = max(SMALLEST_SHOP, people)
    aftersales = max(1, count // 4)
    agents = []
    for code in range(count):
        role = "lead" if code == 0 else "aftersale" if code <= aftersales else "presale"
        agents.append(_hired(seed, number, code, role, _habit(number, code, count, role)))
    return Shop(
        number,
        _shop_id(number),
        messages,
        80 + number_below(60, seed, number, "price"),
        tuple(agents),
        exempt_reasons(seed, number),
    )


def _shop_id(number: int) -> str:
    return f"S{number + 1:03}"


def _habit(shop: int, code: int, count: int, role: str) -> str:
    """Return what is out of the ordinary about an agent; only a large shop has room for all."""
    if role != "presale":
        return "changes team" if role == "aftersale" and code == 1 else "steady"
    place = count - 1 - code
    if count <= 2 * len(HABITS):
        place = 2 * place + shop % 2
    return HABITS[place] if place < len(HABITS) else "steady"


def _hired(seed: int, shop: int, code: int, role: str, habit: str) -> Agent:
    def roll(size: int, what: str) -> int:
        return number_below(size, seed, shop, code, what)

    weak = roll(100, "weak") < WEAK_SHARE
    hired = date(2023, 1, 1) + timedelta(days=roll(1_200, "hired"))
    if habit == "joins":
        hired = date(2026, 10, 12) + timedelta(days=roll(5, "hired"))
    if habit == "joins late":
        hired = date(2026, 9, 14)
    left = date(2026, 10, 16) + timedelta(days=roll(8, "left")) if habit == "leaves" else None
    return Agent(
        code=code,
        agent_id=f"{_shop_id(shop)}-A{code + 1:03}",
        role=role,
        hired=hired,
        left=left,
        habit=habit,
        regular=habit not in {"joins", "hardly there"},
        traffic=1 if habit == "hardly there" else 3 + roll(5, "traffic"),
        wait=14 + roll(50, "wait") + (30 if weak else 0),
        slow=(75 + roll(90, "slow")) if weak else (10 + roll(45, "slow")),
        silent=(20 + roll(30, "silent")) if weak else (4 + roll(14, "silent")),
        selling=270 + roll(330, "selling"),
        pleasing=(590 + roll(200, "pleasing")) if weak else (780 + roll(180, "pleasing")),
        solving=780 + roll(190, "solving"),
        spending=85 + roll(45, "spending"),
        base_pay=100 * (28 + roll(18, "base") + (20 if role == "lead" else 0)),
        perf_wage=100 * (15 + roll(16, "wage")),
    )
