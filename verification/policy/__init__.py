"""Rules as data, permissions, clocks and recusal. Decides; never writes a state."""
