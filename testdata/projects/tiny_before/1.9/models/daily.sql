{{ config(materialized='incremental') }}
select id, happened{% if var('bad_batch') %}, nope{% endif %} from {{ ref('events') }}
