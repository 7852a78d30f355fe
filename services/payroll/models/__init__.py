"""Tables of payroll, by noun."""

from services.payroll.models.feeds import (
    AccountDay,
    BankFeed,
    BankLine,
    FeedBatch,
    Source,
    Waiver,
)
from services.payroll.models.obligations import Credit, Obligation, Replan, WageAccount
from services.payroll.models.projects import Organisation, Project, WorksContract
from services.payroll.models.tables import Base

__all__ = [
    "AccountDay",
    "BankFeed",
    "BankLine",
    "Base",
    "Credit",
    "FeedBatch",
    "Obligation",
    "Organisation",
    "Project",
    "Replan",
    "Source",
    "WageAccount",
    "Waiver",
    "WorksContract",
]
