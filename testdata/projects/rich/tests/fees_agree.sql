select * from {{ ref('fee', v=0) }} a, {{ ref('fee', v=1) }} b where false
