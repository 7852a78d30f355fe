"""Tables of alerts, by noun."""

from services.alerts.models.alerts import Alert, Branch, Notice, TimelineEntry
from services.alerts.models.bounces import Bounce
from services.alerts.models.bundles import Bundle, BundleTerms, Carried
from services.alerts.models.channels import ProviderCheck
from services.alerts.models.deliveries import (
    Attempt,
    Delivery,
    Endpoint,
    Message,
    ProjectSequence,
)
from services.alerts.models.duties import DutyPattern, Leave
from services.alerts.models.inhibitions import Inhibition, ProjectFact
from services.alerts.models.letters import WarningLetter
from services.alerts.models.recipients import DutyRoster, Recipient, UnitPost
from services.alerts.models.reminders import Reminder
from services.alerts.models.robots import Robot
from services.alerts.models.routes import Route
from services.alerts.models.signs import Sign
from services.alerts.models.silences import Silence, SilenceTerms
from services.alerts.models.tables import Base
from services.alerts.models.templates import Template
from services.alerts.models.windows import MaintenanceWindow

__all__ = [
    "Alert",
    "Attempt",
    "Base",
    "Bounce",
    "Branch",
    "Bundle",
    "BundleTerms",
    "Carried",
    "Delivery",
    "DutyPattern",
    "DutyRoster",
    "Endpoint",
    "Inhibition",
    "Leave",
    "MaintenanceWindow",
    "Message",
    "Notice",
    "ProjectFact",
    "ProjectSequence",
    "ProviderCheck",
    "Recipient",
    "Reminder",
    "Robot",
    "Route",
    "Sign",
    "Silence",
    "SilenceTerms",
    "Template",
    "TimelineEntry",
    "UnitPost",
    "WarningLetter",
]
