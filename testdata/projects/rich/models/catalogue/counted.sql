select id, 1 as n from {{ ref('titles') }}
