"""Tables of registry, by noun."""

from services.registry.models.areas import Area, Calendar
from services.registry.models.bank_statements import BankStatement
from services.registry.models.contracts import ContractVersion, WorksContract
from services.registry.models.deposit_papers import DepositPaper
from services.registry.models.deposits import (
    DepositAssessment,
    DepositReturn,
    DepositRule,
    DepositUse,
    Security,
    WageRecord,
)
from services.registry.models.imports import Import
from services.registry.models.labour_shares import LabourShare
from services.registry.models.life import Suspension
from services.registry.models.organisations import Organisation
from services.registry.models.parties import ProjectParty
from services.registry.models.persons import Assignment, Person
from services.registry.models.projects import Project
from services.registry.models.reporting import (
    ProjectReport,
    ReportingDuty,
    ReportingGap,
    Sighting,
)
from services.registry.models.requirements import (
    Evidence,
    Exemption,
    ProjectVersion,
    Requirement,
    RequirementList,
    RequirementState,
    ToldCondition,
)
from services.registry.models.subcontracts import Subcontract
from services.registry.models.tables import Base
from services.registry.models.territories import AreaAssignment, UnitPost, Vacancy

__all__ = [
    "Area",
    "AreaAssignment",
    "Assignment",
    "BankStatement",
    "Base",
    "Calendar",
    "ContractVersion",
    "DepositAssessment",
    "DepositPaper",
    "DepositReturn",
    "DepositRule",
    "DepositUse",
    "Evidence",
    "Exemption",
    "Import",
    "LabourShare",
    "Organisation",
    "Person",
    "Project",
    "ProjectParty",
    "ProjectReport",
    "ProjectVersion",
    "ReportingDuty",
    "ReportingGap",
    "Requirement",
    "RequirementList",
    "RequirementState",
    "Security",
    "Sighting",
    "Subcontract",
    "Suspension",
    "ToldCondition",
    "UnitPost",
    "Vacancy",
    "WageRecord",
    "WorksContract",
]
