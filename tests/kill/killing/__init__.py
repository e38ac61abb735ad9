"""Writes under `kill -9`: many clients, a kill in the middle, and a reckoning of every answer that was given."""
