select i.*, g.code from {{ ref('stg_items') }} i join {{ ref('base_genres') }} g on upper(g.genre) = upper(i.genre)
