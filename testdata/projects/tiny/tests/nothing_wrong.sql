{{ config(severity='warn' if var('warn_test') else 'error') }}
select * from {{ ref('mart') }} where {{ 'true' if var('bad_test') or var('warn_test') else 'false' }}
