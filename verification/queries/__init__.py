"""Read models: what lists and boards show, in a constant number of queries. Nothing here writes."""
