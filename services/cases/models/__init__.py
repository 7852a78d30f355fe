"""Tables of cases, by noun."""

from services.cases.models.arrears import ArrearsCase, CaseNumber, CaseReport, CaseStep
from services.cases.models.case_clocks import (
    OWN_COURSE,
    CaseClock,
    CaseTerms,
    ClockTerms,
    RoutingTerms,
)
from services.cases.models.case_lines import ArrearsLine, ArrearsPayment, ArrearsRecovery
from services.cases.models.closings import Closing, ClosingTerms
from services.cases.models.conditions import CalendarTelling, Condition, Telling
from services.cases.models.delay import PayChain, PayStage, WageMonth
from services.cases.models.documents import CaseDocument, DocumentNumber, DocumentTemplate
from services.cases.models.employer_cases import EmployerTerms
from services.cases.models.evidence import Evidence
from services.cases.models.expectations import Expectation, FeedTerms
from services.cases.models.extensions import Extension, ExtensionTerms
from services.cases.models.funding import FundingOrder, FundingStep
from services.cases.models.incidents import Incident, IncidentEntry, IncidentTerms
from services.cases.models.items import Assignee, WatchItem, WatchItemEntry
from services.cases.models.leads import Lead
from services.cases.models.line_lists import LineList
from services.cases.models.orders import CorrectionOrder, OrderNumber, OrderStep, OrderTerms
from services.cases.models.packs import EvidencePack, NoticeProof
from services.cases.models.persons import AreaPerson, ProjectPerson
from services.cases.models.policies import Policy
from services.cases.models.precursors import Precursor
from services.cases.models.proceedings import (
    EnforcementTerms,
    PlanInstalment,
    Proceeding,
    ProceedingStep,
)
from services.cases.models.proposals import CaseProposal
from services.cases.models.public import CaseMessage, NoticeBoard, PublicTerms
from services.cases.models.registry import Organisation, Project
from services.cases.models.restrictions import Restriction
from services.cases.models.retaliations import Retaliation
from services.cases.models.shadows import ShadowStep
from services.cases.models.tables import Base

__all__ = [
    "OWN_COURSE",
    "AreaPerson",
    "ArrearsCase",
    "ArrearsLine",
    "ArrearsPayment",
    "ArrearsRecovery",
    "Assignee",
    "Base",
    "CalendarTelling",
    "CaseClock",
    "CaseDocument",
    "CaseMessage",
    "CaseNumber",
    "CaseProposal",
    "CaseReport",
    "CaseStep",
    "CaseTerms",
    "ClockTerms",
    "Closing",
    "ClosingTerms",
    "Condition",
    "CorrectionOrder",
    "DocumentNumber",
    "DocumentTemplate",
    "EmployerTerms",
    "EnforcementTerms",
    "Evidence",
    "EvidencePack",
    "Expectation",
    "Extension",
    "ExtensionTerms",
    "FeedTerms",
    "FundingOrder",
    "FundingStep",
    "Incident",
    "IncidentEntry",
    "IncidentTerms",
    "Lead",
    "LineList",
    "NoticeBoard",
    "NoticeProof",
    "OrderNumber",
    "OrderStep",
    "OrderTerms",
    "Organisation",
    "PayChain",
    "PayStage",
    "PlanInstalment",
    "Policy",
    "Precursor",
    "Proceeding",
    "ProceedingStep",
    "Project",
    "ProjectPerson",
    "PublicTerms",
    "Restriction",
    "Retaliation",
    "RoutingTerms",
    "ShadowStep",
    "Telling",
    "WageMonth",
    "WatchItem",
    "WatchItemEntry",
]
