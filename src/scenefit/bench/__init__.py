"""Measurements of speed, each a ratio to a reference that is run beside it."""
