"""Alerts: who is told of what, how it reaches them, and what happens when nobody answers."""
