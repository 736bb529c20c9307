{{ config(event_time='happened', materialized='view') }}
select 1 as id, timestamp '2026-11-21 05:00' as happened union all select 2, timestamp '2026-11-22 05:00' union all select 3, timestamp '2026-11-23 00:10'
