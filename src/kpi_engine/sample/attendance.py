"""Who is at work when: the shifts table, and the accounts that a new visit may be given to."""

from dataclasses import dataclass

import polars as pl

from kpi_engine.sample.days import DAY, DAYS, END, FIRST_DAY, HOUR, date_of, day_of
from kpi_engine.sample.draws import at, happens, key_of
from kpi_engine.sample.people import Agent, Shop

SCHEDULED_MINUTES = 480
SLOTS = 32  # of a wheel of accounts; an agent holds as many as her routing weight asks for
NIGHT, MORNING, EVENING = 0, 1, 2
MORNING_STARTS, EVENING_STARTS = 8, 16
REST_DAYS = 2  # a week
DAYS_BETWEEN = 23  # of somebody who is hardly there
OCTOBER = 61
PAID_DAYS_AWAY = 8


@dataclass(frozen=True, slots=True)
class Duty:
    """The accounts on duty, as wheels of codes by day, part of the day and slot.

    ``hired`` and ``left`` are the seconds between which an account is at work, by code.
    """

    presales: tuple[int, ...]
    aftersales: tuple[int, ...]
    hired: tuple[int, ...]
    left: tuple[int, ...]


def shift_table(shop: Shop, seed: int) -> pl.DataFrame:
    """Return the shifts of a shop, one row per agent and day of employment, days of rest too."""
    columns: dict[str, list[object]] = {
        "agent_id": [],
        "date": [],
        "scheduled_minutes": [],
        "worked_minutes": [],
        "paid_leave": [],
    }
    for agent in shop.agents:
        for day in range(DAYS):
            if not _employed(agent, day):
                continue
            scheduled = _scheduled(agent, day)
            worked = _worked(agent, day, shop.number, seed)
            leave = scheduled > 0 and worked == 0
            paid = leave and (agent.habit != "away in October" or day < OCTOBER + PAID_DAYS_AWAY)
            row = (agent.agent_id, date_of(day), scheduled, worked, paid)
            for column, value in zip(columns.values(), row, strict=True):
                column.append(value)
    shop_id = pl.lit(shop.shop_id).alias("shop_id")
    return pl.DataFrame(columns).select(shop_id, pl.all())


def duty_of(shop: Shop, seed: int) -> Duty:
    """Return who is on duty in a shop; what nobody is there for goes to the main account."""
    presales: list[int] = []
    aftersales: list[int] = []
    for day in range(DAYS):
        present = [a for a in shop.agents if _worked(a, day, shop.number, seed) > 0]
        for part in (NIGHT, MORNING, EVENING):
            presales += _wheel(_on_duty(present, "presale", day, part), shop.main_account)
            aftersales += _wheel(_on_duty(present, "aftersale", day, part), shop.main_account)
    return Duty(
        tuple(presales),
        tuple(aftersales),
        (*(max(0, day_of(agent.hired)) * DAY for agent in shop.agents), 0),
        (*(day_of(agent.left) * DAY if agent.left else END for agent in shop.agents), END),
    )


def on_duty(wheel: tuple[int, ...], seconds: pl.Expr, slot: pl.Expr) -> pl.Expr:
    """Return the code of the account that is given what comes at a time (Int64)."""
    hour = seconds % DAY // HOUR
    part = (hour >= MORNING_STARTS).cast(pl.Int64) + (hour >= EVENING_STARTS).cast(pl.Int64)
    day = (seconds // DAY).clip(0, DAYS - 1)
    return at((day * (EVENING + 1) + part) * SLOTS + slot, wheel)


def _employed(agent: Agent, day: int) -> bool:
    today = date_of(day)
    return agent.hired <= today and (agent.left is None or today < agent.left)


def _scheduled(agent: Agent, day: int) -> int:
    if agent.habit == "hardly there":
        return SCHEDULED_MINUTES if (day + agent.code) % DAYS_BETWEEN == 0 else 0
    rests = (FIRST_DAY.weekday() + day + 3 * agent.code) % 7 < REST_DAYS
    return 0 if rests else SCHEDULED_MINUTES


def _worked(agent: Agent, day: int, shop: int, seed: int) -> int:
    """Return the minutes at work: sick and absent days are 0, some days are short or long."""
    scheduled = _scheduled(agent, day)
    if not scheduled or not _employed(agent, day):
        return 0
    if agent.habit == "away in October" and day >= OCTOBER:
        return 0
    luck = key_of(seed, shop, agent.code, day)
    if happens(25, luck, "sick"):
        return 0
    if happens(180, luck, "late"):
        return scheduled - luck % 40
    return scheduled + (luck % 90 if happens(180, luck, "stays") else 0)


def _on_duty(present: list[Agent], role: str, day: int, part: int) -> list[Agent]:
    """Return the people of a role in a part of a day, or the best to stand in for them."""
    late = part != MORNING
    of_role = [agent for agent in present if agent.role == role]
    in_part = [agent for agent in of_role if ((agent.code + day // 7) % 2 == 1) == late]
    return in_part or of_role or [agent for agent in present if agent.role != "lead"] or present


def _wheel(agents: list[Agent], main_account: int) -> list[int]:
    codes = [agent.code for agent in agents for _ in range(agent.traffic)]
    if not codes:
        return [main_account] * SLOTS
    return [codes[slot * len(codes) // SLOTS] for slot in range(SLOTS)]
