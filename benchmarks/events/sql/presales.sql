-- The facts of October behind every KPI of pre-sales, one row for each agent of the roster.
create macro in_october(t) as
    t >= epoch_us(getvariable('since')) and t < epoch_us(getvariable('until'));

create temp table visits as
select shop_id, buyer, agent_id, min(start_at) as asked_at
from conversations
where from_buyer and in_october(start_at)
group by shop_id, buyer, agent_id, local_day(start_at);

create temp table inquiries as
with bought as (
    select
        visit.shop_id,
        visit.buyer,
        visit.agent_id,
        visit.asked_at,
        arg_min(
            {paid_at: buy.paid_at, owner: credited.agent_id},
            (buy.paid_at is null, buy.created_at, buy.order_id)
        ) as deal,
    from visits as visit
    join shop_orders as buy
        on buy.shop_id = visit.shop_id
        and buy.buyer = visit.buyer
        and buy.created_at >= visit.asked_at
        and buy.created_at < visit.asked_at + days(2)
    left join credited_orders as credited using (order_id)
    group by all
)
select
    visit.shop_id,
    visit.buyer,
    visit.agent_id,
    coalesce(
        deal.paid_at < visit.asked_at + days(4) and deal.owner = visit.agent_id, false
    ) as paid,
from visits as visit
left join bought using (shop_id, buyer, agent_id, asked_at)
where coalesce(deal.owner = visit.agent_id, true)
    and (deal is not null or not exists (
        from shop_orders as earlier
        where earlier.shop_id = visit.shop_id
            and earlier.buyer = visit.buyer
            and earlier.paid_at is not null
            and earlier.created_at >= visit.asked_at - days(21)
            and earlier.created_at < visit.asked_at
    ));

create temp table won_orders as
select credited.*, coalesce(back.cents, 0) as refunded
from credited_orders as credited
left join (
    select order_id, sum((amount * 100)::bigint) as cents
    from refunds
    where success
    group by order_id
) as back using (order_id)
where in_october(paid_at) and agent_id is not null;

create temp table answer as
with subjects as (
    select distinct shop_id::shop as shop_id, agent_id::account as agent_id
    from agents
    where role = 'presale'
        and valid_from < date '2026-11-01'
        and (valid_to is null or valid_to > date '2026-10-01')
),
served as (
    select
        shop_id,
        agent_id,
        count(*) as rounds,
        count(*) filter (replied_at - asked_at <= minutes(3)) as rounds_in_time,
    from rounds
    where (asked_at + minutes(480)) % days(1) >= minutes(480)
        and (asked_at + minutes(480)) % days(1) < minutes(1380)
    group by shop_id, agent_id
),
received as (
    select shop_id, agent_id, count(*) as buyers_received
    from (select distinct shop_id, agent_id, buyer from visits)
    group by shop_id, agent_id
),
rated as (
    select
        shop_id::shop as shop_id,
        agent_id::account as agent_id,
        count(*) as ratings,
        count(*) filter (score >= 4) as ratings_good,
    from ratings
    where score is not null and in_october(epoch_us(rated_at))
    group by all
),
inquired as (
    select
        shop_id, agent_id, count(*) as inquiries, count(*) filter (paid) as inquiries_paid
    from inquiries
    group by shop_id, agent_id
),
won as (
    select
        shop_id,
        agent_id,
        sum(cents) as sales,
        sum(refunded) as refunded,
        count(*) as order_buyers,
    from (
        select shop_id, agent_id, buyer, sum(cents) as cents, sum(refunded) as refunded
        from won_orders
        group by all
    )
    group by shop_id, agent_id
)
select
    shop_id::varchar as shop_id,
    agent_id::varchar as agent_id,
    coalesce(columns(* exclude (shop_id, agent_id)), 0)::bigint,
from subjects
left join served using (shop_id, agent_id)
left join received using (shop_id, agent_id)
left join rated using (shop_id, agent_id)
left join inquired using (shop_id, agent_id)
left join won using (shop_id, agent_id);
