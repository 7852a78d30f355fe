"""Pure decisions of alerts: whom a route names, when a ladder climbs, when a message is resent."""

from services.alerts.rules import deliveries, ladders, notices, routing

__all__ = ["deliveries", "ladders", "notices", "routing"]
