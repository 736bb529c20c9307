select id, 'old' as kind from {{ ref('stg_people') }}
