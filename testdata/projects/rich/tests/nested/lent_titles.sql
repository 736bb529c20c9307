{{ config(tags=['quick'], severity='warn') }} select * from {{ source('desk', 'lendings') }} where id in (select id from {{ ref('titles') }}) and false
