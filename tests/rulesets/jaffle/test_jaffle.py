"""A small public shop with amounts in cents, held to SQL over the same files."""

from pathlib import Path

import duckdb
import polars as pl
import pytest

import kpi_engine as ke

HERE = Path(__file__).resolve().parent
SHOP = HERE.parents[3] / "shared" / "data" / "jaffle_shop"
MONTHS = ["2018-01", "2018-02", "2018-03", "2018-04"]

pytestmark = pytest.mark.skipif(not SHOP.is_dir(), reason=f"the shop's files are absent: {SHOP}")

ORDERS = f"""
create table orders as
select
    orders.id,
    orders.user_id as customer,
    strftime(order_date, '%Y-%m') as month,
    status = 'returned' as returned,
    sum(amount)::bigint as cents
from read_csv('{SHOP}/raw_orders.csv') as orders
left join read_csv('{SHOP}/raw_payments.csv') as payments on payments.order_id = orders.id
group by all
"""


@pytest.fixture(scope="module")
def sql():
    connection = duckdb.connect()
    connection.execute(ORDERS)
    return connection


@pytest.fixture(scope="module")
def shop_by_month():
    plan = ke.compile(ke.load(HERE / "shop.yaml"))
    files = {name: SHOP / f"raw_{name}.csv" for name in ("orders", "payments")}
    tables = files | {"shops": pl.DataFrame({"shop_id": ["jaffle"]})}
    found = {month: ke.run(plan, tables, period=month) for month in MONTHS}
    assert {results.rejects.height for results in found.values()} == {0}
    return {month: results.subjects.to_dicts()[0] for month, results in found.items()}


@pytest.fixture(scope="module")
def customers():
    plan = ke.compile(ke.load(HERE / "customers.yaml"))
    return ke.run(plan, SHOP, period=MONTHS[-1]).subjects


def numbers(row, metric):
    return row[f"metric.{metric}.num"], row[f"metric.{metric}.den"]


@pytest.mark.parametrize("month", MONTHS)
def test_the_numbers_of_a_month_are_those_of_sql(month, sql, shop_by_month):
    query = "select count(*), sum(cents)::bigint, count(*) filter (returned) from orders"
    (orders, cents, returned), *_ = sql.execute(f"{query} where month = ?", [month]).fetchall()
    row = shop_by_month[month]
    assert row["metric.orders.num"] == orders
    assert row["metric.sales"] == cents
    assert numbers(row, "aov") == (cents, orders)
    assert numbers(row, "returned") == (returned, orders)


def test_all_the_orders_are_99_for_167200_cents_with_4_returned(sql, shop_by_month):
    found = sql.execute(
        "select sum(cents)::bigint, count(*), count(*) filter (returned) from orders"
    ).fetchall()
    assert found == [(167_200, 99, 4)]
    row = shop_by_month[MONTHS[-1]]
    assert row["metric.orders_of_all.num"] == 99
    assert numbers(row, "aov_of_all") == (167_200, 99)
    assert row["metric.aov_of_all"] == 1_689
    assert numbers(row, "returned_of_all") == (4, 99)


def test_every_customer_has_the_numbers_of_sql_and_who_bought_nothing_none(sql, customers):
    rows = sql.execute(
        "select customer::varchar, sum(cents)::bigint, count(*), count(*) filter (returned) "
        "from orders group by 1"
    ).fetchall()
    expected = {name: ((cents, orders), (back, orders)) for name, cents, orders, back in rows}
    assert len(expected) == 62
    assert customers.height == 100
    for row in customers.iter_rows(named=True):
        found = (numbers(row, "aov_of_all"), numbers(row, "returned_of_all"))
        nothing = ((None, None), (None, None))
        assert found == expected.get(row["customer_id"], nothing)
        status = row["metric.aov_of_all.status"]
        assert status == ("ok" if row["customer_id"] in expected else "no_rows")
