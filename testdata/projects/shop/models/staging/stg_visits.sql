select id as visit_id, customer_id, visited_at
from {{ source('landing', 'store_visits') }}
