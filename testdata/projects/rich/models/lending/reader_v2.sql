select id, name, 2 as v from {{ ref('stg_people') }}
