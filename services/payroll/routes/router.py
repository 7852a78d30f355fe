"""The one router, on which each noun puts its routes."""

from shared import idempotency

router = idempotency.router("payroll")
