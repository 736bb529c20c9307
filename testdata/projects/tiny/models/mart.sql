select id, name from {{ ref('eph') }}
