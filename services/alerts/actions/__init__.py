"""The verbs of alerts."""

from services.alerts.actions import (
    alerts,
    deliveries,
    endpoints,
    ladders,
    messages,
    notices,
    packing,
    posts,
    recipients,
    reminders,
    reports,
    robots,
    routes,
    signs,
    templates,
    ways,
)

__all__ = [
    "alerts",
    "deliveries",
    "endpoints",
    "ladders",
    "messages",
    "notices",
    "packing",
    "posts",
    "recipients",
    "reminders",
    "reports",
    "robots",
    "routes",
    "signs",
    "templates",
    "ways",
]
