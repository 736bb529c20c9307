select * from {{ source('desk', 'people') }}
