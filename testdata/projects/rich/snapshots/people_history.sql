{% snapshot people_history %}
{{ config(unique_key='id', strategy='check', check_cols=['name'], tags=['pii', 'hot']) }}
select * from {{ ref('stg_people') }}
{% endsnapshot %}
