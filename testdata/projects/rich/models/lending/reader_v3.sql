select 2 as id, name from {{ ref('stg_people') }}
