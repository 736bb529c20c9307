{{ config(materialized='view') }}
select id, name from {{ ref('people') }} {{ 'where nope = 1' if var('broken') }}
