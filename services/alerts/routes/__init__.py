"""The HTTP door of alerts, by noun."""

from services.alerts.routes import (
    alerts,
    channels,
    endpoints,
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
    "channels",
    "endpoints",
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
