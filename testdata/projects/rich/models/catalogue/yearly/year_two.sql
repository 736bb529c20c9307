select id from {{ ref('year_one') }} union all select id from {{ ref('counted') }}
