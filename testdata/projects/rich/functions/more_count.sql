double_count(x) + 1
