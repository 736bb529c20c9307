{{ config(materialized='incremental', unique_key='id', persist_docs={'relation': true, 'columns': true}) }}
select l.*, {{ overdue('due_on') }} as is_overdue
from {{ ref('stg_lendings') }} l join {{ ref('stg_people') }} p on p.id = l.reader_id
