{{ config(materialized='incremental', unique_key='ordered_on', tags=['nightly']) }}

select ordered_on, count(*) as orders, sum(paid) as revenue
from {{ ref('orders') }}
{% if is_incremental() -%}
where ordered_on >= (select max(ordered_on) from {{ this }})
{%- endif %}
group by ordered_on
