"""Strangers that alerts speak to: subscribers' endpoints and the mail server."""

from services.alerts.adapters import calls, channels, smtp, webhook

__all__ = ["calls", "channels", "smtp", "webhook"]
