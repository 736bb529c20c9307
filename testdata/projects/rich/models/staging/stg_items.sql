select * from {{ source('desk', 'items') }}
