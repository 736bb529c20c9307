{{ config(severity='warn') }}

select order_id
from {{ ref('orders') }}
where paid <= 0 {% if var('warn_test') %} or order_id = 100 {% endif %}
