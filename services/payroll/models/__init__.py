"""Tables of payroll, by noun."""

from services.payroll.models.account_lists import AccountList
from services.payroll.models.accounts import (
    ArrearsCase,
    Closing,
    Condition,
    Freeze,
    Policy,
    SheetLook,
)
from services.payroll.models.allocations import Allocation, AllocationStep
from services.payroll.models.attendance import Attendance, AttendanceSheet, Attendee
from services.payroll.models.canary import CanaryAlarm, CanaryRound
from services.payroll.models.contract_papers import ContractPaper
from services.payroll.models.disbursements import (
    Disbursement,
    DisbursementLine,
    LineDispute,
    PaymentAttempt,
)
from services.payroll.models.expectations import Expectation
from services.payroll.models.feeds import (
    AccountDay,
    BankFeed,
    BankLine,
    FeedBatch,
    Source,
    Waiver,
)
from services.payroll.models.lists import FilledList
from services.payroll.models.notices import MissNotice
from services.payroll.models.obligations import (
    Credit,
    CreditChange,
    Obligation,
    Replan,
    WageAccount,
)
from services.payroll.models.parties import ProjectParty
from services.payroll.models.paydays import Payday, PayMonth
from services.payroll.models.payment_lists import PaymentList
from services.payroll.models.payments import TreasuryPayment
from services.payroll.models.plans import AddOn, FundingRequest, ObligationNote, Stop, Supplement
from services.payroll.models.projects import Organisation, Project, ProjectState, WorksContract
from services.payroll.models.reserves import AccountMonth
from services.payroll.models.results import Instruction, ResultBatch
from services.payroll.models.retention import DiscardedFile, LegalHold, ProjectEnding
from services.payroll.models.roster import (
    Crew,
    InsuranceWord,
    LabourContract,
    RosterEntry,
    RosterFinding,
    RosterList,
    SiteMovement,
)
from services.payroll.models.sheets import (
    ColumnMapping,
    Sheet,
    SheetDifference,
    SheetFinding,
    SheetLine,
)
from services.payroll.models.statement_files import StatementFile, StatementLine
from services.payroll.models.tables import Base
from services.payroll.models.workers import PayeeAccount, Worker

__all__ = [
    "AccountDay",
    "AccountList",
    "AccountMonth",
    "AddOn",
    "Allocation",
    "AllocationStep",
    "ArrearsCase",
    "Attendance",
    "AttendanceSheet",
    "Attendee",
    "BankFeed",
    "BankLine",
    "Base",
    "CanaryAlarm",
    "CanaryRound",
    "Closing",
    "ColumnMapping",
    "Condition",
    "ContractPaper",
    "Credit",
    "CreditChange",
    "Crew",
    "Disbursement",
    "DisbursementLine",
    "DiscardedFile",
    "Expectation",
    "FeedBatch",
    "FilledList",
    "Freeze",
    "FundingRequest",
    "Instruction",
    "InsuranceWord",
    "LabourContract",
    "LegalHold",
    "LineDispute",
    "MissNotice",
    "Obligation",
    "ObligationNote",
    "Organisation",
    "PayMonth",
    "Payday",
    "PayeeAccount",
    "PaymentAttempt",
    "PaymentList",
    "Policy",
    "Project",
    "ProjectEnding",
    "ProjectParty",
    "ProjectState",
    "Replan",
    "ResultBatch",
    "RosterEntry",
    "RosterFinding",
    "RosterList",
    "Sheet",
    "SheetDifference",
    "SheetFinding",
    "SheetLine",
    "SheetLook",
    "SiteMovement",
    "Source",
    "StatementFile",
    "StatementLine",
    "Stop",
    "Supplement",
    "TreasuryPayment",
    "WageAccount",
    "Waiver",
    "Worker",
    "WorksContract",
]
