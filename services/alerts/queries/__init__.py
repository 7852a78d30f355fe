"""What alerts reads: rows for showing, and `locked_…` rows for changing."""

from services.alerts.queries import (
    alerts,
    areas,
    channels,
    deliveries,
    endpoints,
    invariants,
    messages,
    posts,
    recipients,
    reminders,
    robots,
    routes,
    signs,
    silences,
    templates,
    windows,
)

__all__ = [
    "alerts",
    "areas",
    "channels",
    "deliveries",
    "endpoints",
    "invariants",
    "messages",
    "posts",
    "recipients",
    "reminders",
    "robots",
    "routes",
    "signs",
    "silences",
    "templates",
    "windows",
]
