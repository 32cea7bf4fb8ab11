create temp table answer as
select * replace (shop_id::varchar as shop_id, agent_id::varchar as agent_id)
from rounds;
