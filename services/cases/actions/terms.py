"""Terms of orders, more time, closings, feeds and cases: stored by version, never changed."""

from collections.abc import Iterator
from typing import TypeAlias

from services.cases import queries
from services.cases.actions import expectations
from services.cases.errors import PolicyVersionTaken, TermsRefused
from services.cases.queries.terms import Terms
from services.cases.rules import proofs
from services.cases.rules.closings import takes_documents
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
from shared.db import Session, new_id
from shared.problems import Finding
from shared.wording import Text

_TermsIn: TypeAlias = (
    OrderTermsIn
    | ExtensionTermsIn
    | ClosingTermsIn
    | FeedTermsIn
    | ClockTermsIn
    | CaseTermsIn
    | RoutingTermsIn
    | EnforcementTermsIn
    | PublicTermsIn
    | IncidentTermsIn
    | EmployerTermsIn
)


async def add_terms(
    session: Session,
    caller: Caller,
    model: type[Terms],
    body: _TermsIn,
) -> Terms:
    """Store a version of an area's terms; the same again gives the stored one.

    What was drafted, asked for or closed keeps the terms that were in force then; what is
    awaited follows. Raises AreaUnknown, TermsRefused with all findings, or PolicyVersionTaken.
    """
    area_code = await queries.policies.area_for_policy(session, body.area_code, caller.scope)
    if found := [*_findings(body)]:
        raise TermsRefused(errors=found)
    said = body.model_dump()
    is_new = await queries.terms.terms_are_new(session, model, id=new_id(), **said)
    name = said[queries.terms.NAMED_BY[model]]
    stored = await queries.terms.terms_version(session, model, area_code, name, body.version)
    if not is_new and any(getattr(stored, key) != value for key, value in said.items()):
        raise PolicyVersionTaken
    if is_new and isinstance(body, FeedTermsIn):
        await expectations.replan(session, await expectations.hold(session, area_code))
    return stored


def _findings(body: _TermsIn) -> Iterator[Finding]:
    """Find the proofs that no document can give: only data close what data tell."""
    if not isinstance(body, ClosingTermsIn):
        return
    if not takes_documents(body.kind):
        yield Finding(
            "kind",
            "closed_by_data",
            Text(f"{body.kind} 只凭数据销号", f"Only data close {body.kind}"),
            Text("请选择凭材料销号的事项类型", "Name a kind whose proofs are documents"),
        )
        return
    taken = [proof.code for proof in proofs.ACCEPTED[body.kind]]
    for place, code in enumerate(body.proofs):
        if code not in taken:
            yield Finding(
                f"proofs[{place}]",
                "proof_unknown",
                Text(f"{body.kind} 没有凭证 {code}", f"{body.kind} has no proof {code}"),
                Text(f"可选：{'、'.join(taken)}", f"It has: {', '.join(taken)}"),
            )
