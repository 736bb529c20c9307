{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='happened', batch_size='day', begin='2026-11-21', concurrent_batches=false) }}
select id, happened{% if var('bad_batch') and model.batch and model.batch.event_time_start.day == 22 %}, nope{% endif %} from {{ ref('events') }}
