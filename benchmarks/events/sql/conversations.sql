-- What an account and a buyer say to each other until ten minutes of silence. One window finds
-- both ends of each and counts on the way; of the rest nothing is kept.
create temp table conversations as
with said as (
    select
        shop_id::shop as shop_id,
        hash(buyer_id) as buyer,
        agent_id::account as agent_id,
        epoch_us(sent_at) as sent_at,
        (sender = 'buyer')::utinyint as asks,
        replies(sender)::utinyint as replies,
    from messages
    where not is_filtered and agent_id is not null
),
counted as (
    select
        *,
        coalesce(sent_at - lag(sent_at) over said_so_far >= minutes(10), true) as first,
        coalesce(lead(sent_at) over said_so_far - sent_at >= minutes(10), true) as last,
        sum(asks) over said_so_far as asked,
        sum(replies) over said_so_far as replied,
    from said
    window said_so_far as (
        partition by shop_id, buyer, agent_id order by sent_at rows unbounded preceding
    )
),
ends as (
    select
        *,
        -- Of two messages at one instant the first comes first.
        lead((sent_at, asked, replied)) over (
            partition by shop_id, buyer, agent_id order by sent_at, first desc
        ) as next,
    from counted
    where first or last
)
select
    shop_id,
    buyer,
    agent_id,
    sent_at as start_at,
    if(last, sent_at, next[1]) as end_at,
    if(last, asked, next[2]) > asked - asks as from_buyer,
    if(last, replied, next[3]) > replied - replies as replied_to,
from ends
where first;
