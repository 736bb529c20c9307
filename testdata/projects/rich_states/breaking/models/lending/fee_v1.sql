select id, 'x' as label, 'y' as gone from {{ ref('reader', v=3) }}
