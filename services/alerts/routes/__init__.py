"""The HTTP door of alerts, by noun."""

from services.alerts.routes import alerts, endpoints, recipients, routes, signs
from services.alerts.routes.router import router

__all__ = ["alerts", "endpoints", "recipients", "router", "routes", "signs"]
