"""The law as a machine to be driven: a world of cases, what people try in it, and what must hold after it."""
