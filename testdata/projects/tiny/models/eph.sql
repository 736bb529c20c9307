{{ config(materialized='ephemeral') }}
select id, name from {{ ref('stg') }}{% if var('broken_ephemeral') and execute %}{{ exceptions.raise_compiler_error('no such thing') }}{% endif %}
