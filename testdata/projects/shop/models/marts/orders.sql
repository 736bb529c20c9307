select
    orders.order_id,
    orders.customer_id,
    orders.product_id,
    orders.ordered_on,
    orders.quantity,
    orders.state,
    {% if var('fail_model') -%}
    error('the till is jammed')
    {%- else -%}
    coalesce(order_payments.paid, 0)
    {%- endif %} as paid
from {{ ref('stg_orders') }} as orders
left join {{ ref('order_payments') }} as order_payments using (order_id)
