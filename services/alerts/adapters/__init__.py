"""Strangers that alerts speak to: subscribers, the mail server, the SMS gateway, group robots."""

from services.alerts.adapters import bounces, calls, channels, sms, smtp, webhook

__all__ = ["bounces", "calls", "channels", "sms", "smtp", "webhook"]
