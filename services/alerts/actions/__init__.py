"""The verbs of alerts."""

from services.alerts.actions import (
    alerts,
    deliveries,
    endpoints,
    ladders,
    messages,
    notices,
    posts,
    recipients,
    reminders,
    routes,
    signs,
)

__all__ = [
    "alerts",
    "deliveries",
    "endpoints",
    "ladders",
    "messages",
    "notices",
    "posts",
    "recipients",
    "reminders",
    "routes",
    "signs",
]
