select id from {{ ref('reader', v=1) }}
