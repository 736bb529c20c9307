select code, {{ stacks.labelled('genre') }} as genre from {{ ref('genres') }}
