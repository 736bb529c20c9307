{# A query that keeps a database busy until somebody cancels it. #}
{% macro endless_query() %}
select sum(hash(a.range * 31 + b.range)) as never
from range(100000000) as a, range(100000000) as b
{% endmacro %}

{# Runs before the seed `raw_payments` is loaded. #}
{% macro check_the_file() %}
{% if var('fail_seed') %} select error('the file is torn') {% endif %}
{% endmacro %}
