select * from {{ ref('shelves') }} where label is null
