select visit_id
from {{ ref('stg_visits') }}
where {{ 'there_is_no_such_column' if var('error_test') else 'visited_at' }} > now()
