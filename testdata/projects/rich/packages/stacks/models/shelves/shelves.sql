select 1 as id, 'A' as label
