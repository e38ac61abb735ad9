"""Secrets are sent through a house, and then looked for in every place that is no place for them."""
