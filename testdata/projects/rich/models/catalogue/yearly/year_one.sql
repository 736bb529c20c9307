select id from {{ ref('popular') }}
