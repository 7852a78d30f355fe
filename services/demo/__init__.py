"""Tells a scenario (a folder of facts) through the HTTP interfaces, and shows what came of it."""

from services.demo.facts import Scenario, ScenarioRefused, read
from services.demo.stage import PlayFailed
from services.demo.theatre import LEDGER, How, NotServed, perform, tell

# What is wrong with a folder of facts, or with what it asks for.
REFUSALS = (ScenarioRefused, PlayFailed)

__all__ = [
    "LEDGER",
    "REFUSALS",
    "How",
    "NotServed",
    "PlayFailed",
    "Scenario",
    "ScenarioRefused",
    "perform",
    "read",
    "tell",
]
