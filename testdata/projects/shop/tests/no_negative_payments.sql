select payment_id
from {{ ref('stg_payments') }}
where amount < 0 {% if var('fail_test') %} or payment_id = 1000 {% endif %}
