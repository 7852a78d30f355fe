"""Bodies of alerts: what comes in, what goes out, what is filtered by, what is pushed."""

from services.alerts.schemas import alerts, endpoints, recipients, routes

__all__ = ["alerts", "endpoints", "recipients", "routes"]
