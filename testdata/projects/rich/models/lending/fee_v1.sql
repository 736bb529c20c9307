select id, 'x' as label from {{ ref('reader', v=3) }}
