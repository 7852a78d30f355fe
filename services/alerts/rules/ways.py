"""Ways to recipients: what says that one does not lead to them any more."""

from services.alerts.rules import sms

OF_THE_RECEIVER = frozenset({"recipient", "unverified", "gone", *map(str, sms.OF_THE_RECEIVER)})
"""What is wrong with the receiver's address or robot, and not with what was sent to it."""
