{% if var('slow_model') -%}
-- depends_on: {{ ref('stg_products') }}
-- depends_on: {{ ref('stg_orders') }}
{{ endless_query() }}
{%- else -%}
select products.product_id, products.name, sum(orders.quantity) as sold
from {{ ref('stg_products') }} as products
left join {{ ref('stg_orders') }} as orders using (product_id)
group by all
{%- endif %}
