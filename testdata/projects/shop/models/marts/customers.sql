with spent as (
    select customer_id, count(*) as orders, sum(paid) as revenue
    from {{ ref('orders') }}
    group by customer_id
),

visited as (
    select customer_id, count(*) as visits
    from {{ ref('stg_visits') }}
    group by customer_id
)

select
    customers.customer_id,
    customers.name,
    customers.city,
    coalesce(spent.orders, 0) as orders,
    coalesce(spent.revenue, 0) as revenue,
    coalesce(visited.visits, 0) as visits
from {{ ref('stg_customers') }} as customers
left join spent using (customer_id)
left join visited using (customer_id)
