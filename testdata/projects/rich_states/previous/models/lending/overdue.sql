select * from {{ ref('lendings') }} where is_overdue and true
