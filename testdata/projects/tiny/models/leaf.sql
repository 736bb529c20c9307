select count(*) as n from {{ ref('mart') }}{% if var('slow') %}, range(200000) a, range(2000000) b where a.range + b.range > 5{% endif %}
