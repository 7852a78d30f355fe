"""What Hefeng says of orders, of more time and of closings by hand."""

from services.cases import actions
from services.cases.models import (
    CaseTerms,
    ClockTerms,
    ClosingTerms,
    EmployerTerms,
    EnforcementTerms,
    ExtensionTerms,
    FeedTerms,
    IncidentTerms,
    OrderTerms,
    PublicTerms,
    RoutingTerms,
)
from services.cases.schemas.case_terms import (
    CaseTermsIn,
    ClockTermsIn,
    EnforcementTermsIn,
    RoutingTermsIn,
)
from services.cases.schemas.employer_cases import EmployerTermsIn
from services.cases.schemas.incidents import IncidentTermsIn
from services.cases.schemas.public import PublicTermsIn
from services.cases.schemas.terms import (
    ClosingTermsIn,
    ExtensionTermsIn,
    FeedTermsIn,
    OrderTermsIn,
)
from shared.auth import Caller
from shared.db import Session
from tests.cases.test_terms import BODIES
from tests.contracts.access.rows import Rows

V1 = "/cases/v1/terms"
KINDS = (
    ("orders", OrderTerms, OrderTermsIn),
    ("extensions", ExtensionTerms, ExtensionTermsIn),
    ("closings", ClosingTerms, ClosingTermsIn),
    ("feeds", FeedTerms, FeedTermsIn),
    ("clocks", ClockTerms, ClockTermsIn),
    ("cases", CaseTerms, CaseTermsIn),
    ("routing", RoutingTerms, RoutingTermsIn),
    ("enforcement", EnforcementTerms, EnforcementTermsIn),
    ("public", PublicTerms, PublicTermsIn),
    ("incidents", IncidentTerms, IncidentTermsIn),
    ("employers", EmployerTerms, EmployerTermsIn),
)


async def add(session: Session, office: Caller, rows: Rows) -> None:
    """Store a first version of each, which lists show; a caller sends the second."""
    for name, model, form in KINDS:
        said = BODIES[name]
        made = await actions.terms.add_terms(session, office, model, form.model_validate(said))
        rows.marks[f"GET {V1}/{name}"] = made.id
        rows.requests[f"POST {V1}/{name}"] = [{"json": said | {"version": n}} for n in (2, 3)]
