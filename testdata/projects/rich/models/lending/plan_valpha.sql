select id from {{ ref('fee', v=1) }}
