"""Bodies of files of treasury payments."""

from services.payroll.schemas.lists import CellFindingOut, FilledListOut


class PaymentListOut(FilledListOut):
    """What became of a file of payments; accepted and rejected sum to its rows."""

    entered: int
    """Payments that were new; the others came before as they are."""


class PaymentListWithFindingsOut(PaymentListOut):
    """The same, with all findings."""

    findings: list[CellFindingOut]
