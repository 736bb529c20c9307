select id from {{ ref('overdue') }}
