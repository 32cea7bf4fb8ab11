-- The columns of messages and orders that the rules need, read once and added up.
create temp table answer as
select *
from (
    select
        (
            sum(strlen(message_id) + strlen(shop_id) + strlen(buyer_id) + strlen(sender))
            + sum(strlen(agent_id))
        )::bigint as message_bytes,
        sum(epoch_us(sent_at) // 1_000_000)::bigint as sent_at,
        count(*) filter (is_filtered) as filtered,
    from messages
), (
    select
        (
            sum(strlen(order_id) + strlen(shop_id) + strlen(buyer_id))
            + sum(strlen(owner_agent_id))
        )::bigint as order_bytes,
        sum(epoch_us(created_at) // 1_000_000)::bigint as created_at,
        sum(epoch_us(paid_at) // 1_000_000)::bigint as paid_at,
        sum((paid_amount * 100)::bigint)::bigint as cents,
        count(*) filter (is_fake) as fake,
    from orders
);
