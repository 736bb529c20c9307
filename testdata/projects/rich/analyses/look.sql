select * from {{ ref('lendings') }}
