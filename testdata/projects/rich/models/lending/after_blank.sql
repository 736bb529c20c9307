select * from {{ ref('blank') }}
