select id from {{ ref('reader') }}
