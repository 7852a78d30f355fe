"""Tells a scenario (a folder of facts) through the HTTP interfaces, and shows what came of it."""

from services.demo.facts import Scenario, ScenarioRefused, read
from services.demo.stage import PlayFailed
from services.demo.theatre import NotServed, perform, tell

__all__ = [
    "NotServed",
    "PlayFailed",
    "Scenario",
    "ScenarioRefused",
    "perform",
    "read",
    "tell",
]
