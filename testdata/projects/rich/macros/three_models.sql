{% test three_models(model, second, third) %}
select a.id from {{ model }} a join {{ second }} b on a.id = b.id join {{ third }} c on a.id = c.id where a.id < 0
{% endtest %}

{% macro overdue(column) %}{{ column }} < date '2024-02-01'{% endmacro %}
