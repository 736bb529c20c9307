select i.*, 'x' as code from {{ ref('stg_items') }} i
