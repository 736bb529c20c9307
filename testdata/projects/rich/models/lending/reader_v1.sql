select id, name, 1 as v from {{ ref('stg_people') }}
