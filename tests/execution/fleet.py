"""A base that reads its params wherever a formula stands, made-up shops over it, and their rows."""

from datetime import UTC, datetime, timedelta
from random import Random

import polars as pl

BASE = """\
ruleset: base
zone: Asia/Shanghai
currency: CNY
subject: {from: agents, key: [shop_id, agent_id], where: grade >= lowest_grade}
params:
  lowest_grade: 1
  fast: 60 s
  big: 100 CNY
  window: 30 min
  counted: 0.5
  least: 40%
  wage: 2000 CNY
  heavy: 25
  since: {of: day, else: 10%, from 2026-10-16: 20%}
  tiers: {else: 1%, from 500 CNY: 2%, from 1000 CNY: 3%}
  coefficient: {80 to 100: 1.2, 60 to 79.99: 1, else: 0.5}
  points: {at 0%: 0, at 50%: 60, at 100%: 100}
  bonus: {is 'gold': 100 CNY, is 'silver': 50 CNY, else: 0 CNY}
groups:
  shop: [shop_id, period]
tables:
  agents:
    key: [shop_id, agent_id]
    columns: {shop_id: text, agent_id: text, grade: int, medal: gold | silver | none}
  chats:
    key: chat_id
    dated: asked_at
    columns:
      chat_id: text
      shop_id: text
      agent_id: text
      buyer_id: text
      asked_at: datetime
      answered_at: datetime
    add:
      wait: answered_at - asked_at
      in_time: wait <= fast
      weight: counted if wait > fast else 1
  orders:
    key: order_id
    dated: paid_at
    columns:
      order_id: text
      shop_id: text
      buyer_id: text
      paid_at: datetime
      amount: money
    drop: {small: amount < big / 10}
  refunds:
    key: refund_id
    dated: given_at
    columns: {refund_id: text, order_id: text, given_at: datetime, back: money}
    add: {shop_id: orders.shop_id}
  complaints:
    key: complaint_id
    dated: made_at
    columns:
      complaint_id: text
      shop_id: text
      agent_id: text
      order_id: text
      made_at: datetime
    add: {worth: 'default(orders.amount, big)'}       # the order may be of another shop
  given_back:
    from: refunds
    per: [order_id]
    add: {back: sum(back)}
  sold:
    from: orders
    match:
      chat:
        to: chats
        same: [shop_id, buyer_id]
        where: chat.asked_at <= paid_at < chat.asked_at + window
        prefer: [highest chat.asked_at]
    add:
      agent_id: chat.agent_id
      kept: amount - default(given_back.back, 0 CNY)
      premium: since * amount
  returned:
    from: refunds
    add: {agent_id: sold.agent_id}
  visits:
    from: chats
    per: [shop_id, agent_id, buyer_id]
    add: {asked: count(), slow: sum(weight), patient: count(wait > fast) >= 2}
metrics:
  replied: {from: chats, value: share(in_time), min_rows: 2}
  weighed: {from: chats, value: sum(weight)}
  large: {from: sold, where: amount >= big, value: count()}
  sales: {from: sold, value: sum(kept)}
  premium: {from: sold, value: sum(premium)}
  worth: {from: complaints, value: sum(worth)}
  patience: {from: visits, value: share(patient)}
  slowness: {from: visits, value: mean(slow)}
  returns: {from: returned, value: sum(back)}
  speed: {value: 'attain(replied, least)'}
score:
  needs: 30%
  empty: skip
  items:
    reply: {weight: heavy, points: points(replied)}
    others:
      weight: 100 - heavy
      items:
        rank: {weight: 60, points: '100 * beats(sales, shop)'}
        speed: {weight: 40, points: speed}
  then: {gate: 'score if default(replied >= least, true) else score * counted'}
pay:
  lines:
    wage: wage * coefficient(score)
    commission: slices(tiers, sales)
    flat: tiers(sales) * sales
    medal: bonus(medal)
    share: sales / shop.sales * big
  then: {floor: 'at_least(pay, wage / 2)'}
"""


def shop_text(random: Random) -> str:
    """Return the params and weights of a made-up shop, as lines of its file."""
    heavy = random.choice(["20", "33.3", "50", "12.5"])
    first, second = sorted(random.sample(range(1, 40), 2))
    tiers = [f"else: 0.{random.randint(1, 9)}%"]
    bounds = sorted(random.sample(range(100, 3000, 50), random.randint(1, 4)))
    tiers += [
        f"from {bound} CNY: {random.randint(1, 9)}.{random.randint(0, 9)}%" for bound in bounds
    ]
    lines = [
        f"  lowest_grade: {random.randint(0, 2)}",
        f"  fast: {random.choice(['30 s', '1 min', '90 s', '45.5 s'])}",
        f"  big: {random.choice(['80 CNY', '99.99 CNY', '150 CNY'])}",
        f"  window: {random.randint(10, 90)} min",
        f"  least: {random.choice(['30%', '37.5%', '50%'])}",
        f"  wage: {random.randint(1000, 3000)} CNY",
        f"  heavy: {heavy}",
        f"  since: {{of: day, else: {first}%, from 2026-10-16: {second}%}}",
        f"  tiers: {{{', '.join(tiers)}}}",
        f"  points: {{at 0%: 0, at {random.randint(10, 90)}%: {random.randint(40, 80)}, at 100%: 100}}",
        f"  bonus: {{is 'gold': {random.randint(60, 99)} CNY, is 'silver': 50 CNY, else: 0 CNY}}",
    ]
    kept = [line for line in lines if random.random() < 0.8]
    text = "params:\n" + "\n".join(kept) + "\n" if kept else ""
    if random.random() < 0.5:
        part = random.randint(30, 70)
        ranked = f"rank: {{weight: {part}}}, speed: {{weight: {100 - part}}}"
        text += f"score: {{items: {{others: {{items: {{{ranked}}}}}}}}}\n"
    return text


def rows(shops: list[str], random: Random, *, chats: int) -> dict[str, pl.DataFrame]:
    """Return the tables of shops; agents, buyers and medals repeat in every shop."""
    agents = [
        (s, f"a{i}", random.randint(0, 3)) for s in shops for i in range(random.randint(1, 4))
    ]
    start = datetime(2026, 9, 30, 12, tzinfo=UTC)
    asked, orders, refunds = [], [], []
    for number in range(chats):
        shop, agent, _ = random.choice(agents)
        at = start + timedelta(minutes=random.randint(0, 33 * 24 * 60))
        buyer = f"b{random.randint(0, 5)}"
        replied = at + timedelta(seconds=random.randint(1, 120))
        asked.append((f"c{number}", shop, agent, buyer, at, replied))
        if random.random() < 0.6:
            paid = at + timedelta(minutes=random.randint(0, 120))
            cents = random.randint(100, 60000)
            orders.append((f"o{number}", shop, buyer, paid, f"{cents // 100}.{cents % 100:02}"))
            if random.random() < 0.3:
                refunds.append((f"r{number}", f"o{number}", paid + timedelta(days=1), "1.05"))
    complaints = [
        (f"k{number}", shop, agent, f"o{random.randint(0, chats)}", asked[number][4])
        for number, (shop, agent, _) in enumerate(random.choices(agents, k=chats // 10))
    ]
    medals = ["gold", "silver", "none"]
    return {
        "agents": pl.DataFrame(
            [(*agent, random.choice(medals)) for agent in agents],
            schema=["shop_id", "agent_id", "grade", "medal"],
            orient="row",
        ),
        "chats": pl.DataFrame(
            asked,
            schema=["chat_id", "shop_id", "agent_id", "buyer_id", "asked_at", "answered_at"],
            orient="row",
        ),
        "orders": pl.DataFrame(
            orders, schema=["order_id", "shop_id", "buyer_id", "paid_at", "amount"], orient="row"
        ),
        "complaints": pl.DataFrame(
            complaints,
            schema=["complaint_id", "shop_id", "agent_id", "order_id", "made_at"],
            orient="row",
        ),
        "refunds": pl.DataFrame(
            refunds, schema=["refund_id", "order_id", "given_at", "back"], orient="row"
        ),
    }
