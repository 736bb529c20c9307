select * from {{ source('desk', 'lendings') }}
