"""Tells a scenario (a folder of facts) through the HTTP interfaces, and shows what came of it."""

from services.demo.facts import Scenario, ScenarioRefused, read
from services.demo.theatre import perform, tell

__all__ = ["Scenario", "ScenarioRefused", "perform", "read", "tell"]
