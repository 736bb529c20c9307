{% test at_least(model, column_name, least=0) %}
select * from {{ model }} where {{ column_name }} < {{ least }}
{% endtest %}

{% macro labelled(column) %}{{ stacks.shout(column) }}{% endmacro %}
{% macro shout(column) %}lower({{ column }}){% endmacro %}
