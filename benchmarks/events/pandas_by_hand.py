"""Rounds and owners by hand in pandas: one sort by time and id, then shifts and group-bys."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.events.rules import CREDIT_WINDOW, DAY, REPLIES, SHANGHAI, SILENCE, SPOKEN

NAMES = ["shop_id", "buyer_id", "agent_id"]


def rounds(folder: Path) -> Callable[[Path], None]:
    """Return every round of the messages, one row each."""
    said = _messages(folder, ["message_id"])
    said = said[said["sender"].isin(SPOKEN)]
    said["day"] = (said["sent_at"] + SHANGHAI) // DAY
    said["talk"] = said.groupby([*NAMES, "day"], sort=False, dropna=False).ngroup()
    said["asks"] = said["sender"] == "buyer"
    robot = said["sender"] == "bot_auto"
    by_robot = robot.groupby(said["talk"]).any()
    by_robot &= ~(~robot & ~said["asks"]).groupby(said["talk"]).any()
    turns = said[~robot & ~said["talk"].map(by_robot)]
    turns = turns.sort_values("message_id")
    turns = turns.iloc[np.lexsort((turns["sent_at"], turns["talk"]))]
    turns = turns[_differs(turns["talk"]) | _differs(turns["asks"])]
    same_talk = turns["talk"] == turns["talk"].shift(-1)
    turns["replied_at"] = turns["sent_at"].shift(-1).astype("Int64").where(same_talk)
    exempt = _calendar(folder)
    asked = turns[turns["asks"]].rename(columns={"sent_at": "asked_at"})
    asked = asked.merge(exempt, on=["shop_id", "day"], how="left")
    answer = asked[asked["exempt"].isna()][[*NAMES, "asked_at", "replied_at"]]
    return partial(_write, answer)


def credited_orders(folder: Path) -> Callable[[Path], None]:
    """Return every genuine paid order and its owner, null where it is nobody's."""
    said = _messages(folder, [])
    said = said[said["agent_id"].notna()]
    said["pair"] = said.groupby(NAMES, sort=False).ngroup()
    said["replies"] = said["sender"].isin(REPLIES)
    said = said.iloc[np.lexsort((said["sent_at"], said["pair"]))]
    first = _differs(said["pair"]) | (said["sent_at"].diff() >= SILENCE)
    chats = said.groupby(first.cumsum()).agg(
        shop_id=("shop_id", "first"),
        buyer_id=("buyer_id", "first"),
        agent_id=("agent_id", "first"),
        start=("sent_at", "first"),
        end=("sent_at", "last"),
        replied_to=("replies", "any"),
    )
    orders = _orders(folder)
    met = orders.merge(chats[chats["replied_to"]], on=["shop_id", "buyer_id"])
    begun = met["start"] <= met["created_at"]
    won = met[begun & (met["created_at"] < met["end"] + CREDIT_WINDOW)]
    won = won.sort_values(["end", "agent_id"], ascending=[False, True]).drop_duplicates("order_id")
    owned = orders.merge(won[["order_id", "agent_id"]], on="order_id", how="left")
    owned["agent_id"] = owned["owner_agent_id"].fillna(owned["agent_id"])
    return partial(_write, owned[["order_id", "agent_id"]])


def _messages(folder: Path, ids: list[str]) -> pd.DataFrame:
    """Return the messages that count, with their instants in microseconds."""
    columns = [*ids, *NAMES, "sent_at", "sender", "is_filtered"]
    messages = pd.read_parquet(folder / "messages.parquet", columns=columns)
    messages = messages[~messages.pop("is_filtered")]
    messages["sent_at"] = messages["sent_at"].astype("int64")
    return messages


def _orders(folder: Path) -> pd.DataFrame:
    columns = ["order_id", "shop_id", "buyer_id", "created_at", "paid_at", "is_fake"]
    orders = pd.read_parquet(folder / "orders.parquet", columns=[*columns, "owner_agent_id"])
    orders = orders[~orders["is_fake"] & orders["paid_at"].notna()]
    return orders.assign(created_at=orders["created_at"].astype("int64"))


def _calendar(folder: Path) -> pd.DataFrame:
    calendar = pd.read_parquet(folder / "calendar.parquet", columns=["shop_id", "day", "excluded"])
    calendar = calendar[calendar["excluded"]]
    days = pd.to_datetime(calendar["day"]).astype("datetime64[s]").astype("int64") // 86_400
    return pd.DataFrame({"shop_id": calendar["shop_id"], "day": days, "exempt": True})


def _differs(values: pd.Series) -> pd.Series:
    return values != values.shift()


def _write(answer: pd.DataFrame, path: Path) -> None:
    answer.to_parquet(path, index=False)
