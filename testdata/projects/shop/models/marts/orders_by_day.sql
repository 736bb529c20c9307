{{ config(
    enabled=var('microbatch'),
    materialized='incremental',
    incremental_strategy='microbatch',
    event_time='day',
    batch_size='day',
    begin='2025-03-01',
) }}

select ordered_on as day, count(*) as orders
from {{ ref('stg_orders') }}
group by ordered_on
