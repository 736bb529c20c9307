select products.id as product_id, products.name, products.category, prices.cents / 100.0 as price
from {{ ref('raw_products') }} as products
left join {{ source('landing', 'price_list') }} as prices on prices.product_id = products.id
{% if var('fail_parse') -%}
where products.id in (select product_id from {{ ref('there_is_no_such_model') }})
{%- endif %}
