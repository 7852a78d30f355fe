"""The HTTP door of alerts, by noun."""

from services.alerts.routes import (
    alerts,
    bounces,
    bundles,
    channels,
    duties,
    endpoints,
    inhibitions,
    letters,
    recipients,
    robots,
    routes,
    signs,
    silences,
    sms,
    templates,
    windows,
)
from services.alerts.routes.router import router

__all__ = [
    "alerts",
    "bounces",
    "bundles",
    "channels",
    "duties",
    "endpoints",
    "inhibitions",
    "letters",
    "recipients",
    "robots",
    "router",
    "routes",
    "signs",
    "silences",
    "sms",
    "templates",
    "windows",
]
