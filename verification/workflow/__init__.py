"""States, transitions and guards as data, and ``apply``: the only writer of a state."""
