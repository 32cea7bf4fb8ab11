create temp table answer as
select order_id, agent_id::varchar as agent_id
from credited_orders;
