{# Hooks that stand in for the loaders of the two source tables. #}

{% macro land_store_visits() %}
create schema if not exists landing;
create or replace table landing.store_visits as
select
    visit as id,
    1 + visit % 5 as customer_id,
    date_trunc('second', now()) - interval 1 hour - to_minutes(cast(visit as integer)) as visited_at
from range(12) as visits(visit)
{% endmacro %}

{% macro land_price_list() %}
create or replace table landing.price_list as
select product_id, cents, timestamptz '2020-01-01 00:00:00+00' as loaded_at
from (values (10, 4900), (11, 300), (12, 3500), (13, 1200)) as prices(product_id, cents)
{% endmacro %}
