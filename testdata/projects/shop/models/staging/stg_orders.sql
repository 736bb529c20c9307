select
    id as order_id,
    customer_id,
    product_id,
    cast(ordered_on as date) as ordered_on,
    quantity,
    state
from {{ ref('raw_orders') }}
