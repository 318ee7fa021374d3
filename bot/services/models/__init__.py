"""Tuned models: found by their names, looked after, deleted."""
