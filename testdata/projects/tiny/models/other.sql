select id from {{ source('landing', 'visits') }}
{{ ref('nowhere') if var('bad_ref') }}
