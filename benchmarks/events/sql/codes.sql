-- Spans in microseconds, local days of Shanghai, and small codes for the names of shops and
-- accounts: everything after moves and sorts integers. Codes stand in the order of their names.
create macro minutes(n) as n * 60_000_000::bigint;
create macro days(n) as n * 86_400_000_000::bigint;
create macro local_day(t) as (t + minutes(480)) // days(1);
create macro replies(sender) as sender in ('agent', 'bot_assist');

create type shop as enum (
    select distinct shop_id from (
        select shop_id from agents
        union all select shop_id from messages
        union all select shop_id from orders
    ) order by shop_id
);
create type account as enum (
    select distinct agent_id from (
        select agent_id from agents
        union all select agent_id from messages
        union all select owner_agent_id from orders
    ) where agent_id is not null order by agent_id
);
