-- From the first question of a buyer to the first reply of the account, on one day. Days on which
-- only the robot answered are left out, as are exempt days.
create view spoken as
select
    hash(shop_id, buyer_id, agent_id, local_day(epoch_us(sent_at))) as talk,
    shop_id::shop as shop_id,
    buyer_id,
    agent_id::account as agent_id,
    local_day(epoch_us(sent_at)) as day,
    epoch_us(sent_at) as sent_at,
    message_id,
    sender = 'buyer' as asks,
    sender = 'bot_auto' as by_robot,
from messages
where not is_filtered
    and sender in ('buyer', 'agent', 'bot_assist', 'bot_auto')
    and sent_at >= getvariable('since') and sent_at < getvariable('until');

create view exempt as
select shop_id::shop as shop_id, epoch_us(day::timestamp) // days(1) as day
from calendar
where excluded;

create view rounds as
with robot_only as (
    select talk
    from spoken
    group by talk
    having bool_or(by_robot) and bool_and(by_robot or asks)
),
turns as (
    select *, lag(asks) over (partition by talk order by sent_at, message_id) as asked_before
    from spoken anti join robot_only using (talk)
    where not by_robot
),
answered as (
    select *, lead(sent_at) over (partition by talk order by sent_at, message_id) as replied_at
    from turns
    where asked_before is distinct from asks
)
select shop_id, buyer_id, agent_id, sent_at as asked_at, replied_at
from answered anti join exempt using (shop_id, day)
where asks;
