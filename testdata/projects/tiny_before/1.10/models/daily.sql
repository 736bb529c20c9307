{# The adapter has no way to add a second batch yet: one batch is all is well, three are a failure. #}
{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='happened', batch_size='day' if var('bad_batch') else 'month', begin='2026-11-21', concurrent_batches=false) }}
select id, happened from {{ ref('events') }}
