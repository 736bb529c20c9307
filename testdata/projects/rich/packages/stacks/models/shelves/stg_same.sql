select id from {{ ref('shelves') }}
