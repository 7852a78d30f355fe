"""Bodies of imported lists of wage accounts."""

from services.payroll.schemas.lists import CellFindingOut, FilledListOut


class AccountListOut(FilledListOut):
    """What became of a file; accepted and rejected sum to its rows."""

    entered: int
    """Accounts that were new; the others stood there already."""


class AccountListWithFindingsOut(AccountListOut):
    """The same, with all findings."""

    findings: list[CellFindingOut]
