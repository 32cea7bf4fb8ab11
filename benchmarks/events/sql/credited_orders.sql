-- Genuine paid orders and their one owner: of the conversations begun before the order and ended
-- less than two days before it, or still going on, the one that ends last; of these the lower
-- account. An owner named by hand wins over all.
create view shop_orders as
select
    order_id,
    shop_id::shop as shop_id,
    hash(buyer_id) as buyer,
    epoch_us(created_at) as created_at,
    epoch_us(paid_at) as paid_at,
    (paid_amount * 100)::bigint as cents,
    owner_agent_id::account as named,
from orders
where not is_fake;

create temp table credited_orders as
with genuine as (
    from shop_orders
    where paid_at is not null
        and (created_at >= epoch_us(getvariable('since')) or paid_at >= epoch_us(getvariable('since')))
),
won as (
    select order_id, arg_min(chat.agent_id, (-chat.end_at, chat.agent_id)) as agent_id
    from genuine
    join conversations as chat
        on chat.shop_id = genuine.shop_id
        and chat.buyer = genuine.buyer
        and chat.start_at <= genuine.created_at
        and genuine.created_at < chat.end_at + days(2)
    where chat.replied_to and genuine.named is null
    group by order_id
)
select genuine.*, coalesce(genuine.named, won.agent_id) as agent_id
from genuine left join won using (order_id);
