select * from {{ ref('popular') }} join {{ ref('lendings') }} using (id) where false
