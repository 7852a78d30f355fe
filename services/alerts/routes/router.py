"""The router of alerts' routes."""

from shared import idempotency
from shared.paging import CursorUnreadable
from shared.problems import raises

router = idempotency.router("alerts")

LIST = raises(CursorUnreadable)
