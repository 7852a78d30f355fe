"""Strangers that alerts speak to: subscribers' endpoints and the mail server."""

from services.alerts.adapters import smtp, webhook

__all__ = ["smtp", "webhook"]
