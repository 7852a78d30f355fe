"""Entering an area's share of labour cost, and taking it where a contract names none."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from services.registry import queries, rules
from services.registry.actions import areas
from services.registry.errors import RegistrationRefused
from services.registry.models import LabourShare, Project, WorksContract
from services.registry.rules.contracts import LabourCostTerms
from services.registry.rules.labour_shares import Guide
from services.registry.schemas.labour_shares import LabourShareIn
from shared.areas import NATION, Scope
from shared.db import AGELESS, Session, same_id


async def enter_labour_share(
    session: Session, scope: Scope, body: LabourShareIn, now: datetime
) -> LabourShare:
    """Enter a version; the newest one's content again gives it. Contracts keep what they have."""
    findings = list(rules.labour_shares.check(body.share))
    if body.area_code != NATION:
        findings += await areas.check_area(session, scope, "area_code", body.area_code, now)
    elif NATION not in scope.areas:
        findings.append(rules.areas.area_unknown("area_code"))
    if findings:
        raise RegistrationRefused(errors=findings)
    there = await queries.labour_shares.locked_labour_shares(session, body.area_code)
    newest, fields = (there[-1] if there else None), body.model_dump()
    if newest and all(getattr(newest, name) == value for name, value in fields.items()):
        return newest
    version = newest.version + 1 if newest else 1
    row = LabourShare(
        id=same_id(AGELESS, "labour_share", body.area_code, version),
        version=version, entered_at=now, **fields,
    )  # fmt: skip
    session.add(row)
    return row


@dataclass(frozen=True, slots=True)
class Agreed:
    """A contract's terms, and the area's share on the day on which they were agreed."""

    terms: LabourCostTerms
    guide: Guide | None
    by_guide: bool
    """Whether the share is the area's, because the contract names none."""

    def note(self, contract: WorksContract) -> None:
        """Write the terms on a contract, what the area's share was, and whether it was taken."""
        for name, value in asdict(self.terms).items():
            setattr(contract, name, value)
        contract.guide_share = self.guide.share if self.guide else None
        contract.share_by_guide = self.by_guide


async def agreed(
    session: Session, project: Project, terms: LabourCostTerms, signed_on: date
) -> Agreed:
    """Take the share in force in a project's area on a day where the terms name none."""
    guide = await queries.labour_shares.find_guide(session, project.area_code, signed_on)
    by_guide = rules.labour_shares.fills(terms, guide)
    return Agreed(rules.labour_shares.filled(terms, guide), guide, by_guide)
