"""The router of cases."""

from shared import idempotency
from shared.paging import CursorUnreadable, SyncAnew
from shared.problems import Invalid

router = idempotency.router("cases")


SYNC = (CursorUnreadable, SyncAnew, Invalid)
