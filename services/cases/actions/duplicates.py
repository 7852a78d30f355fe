"""Finding the case of a report: one matter that is told over several channels is one case."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.cases import queries
from services.cases.queries.arrears import ToldBefore
from services.cases.rules import duplicates as rules
from services.cases.rules.arrears import Relation
from services.cases.rules.duplicates import Account
from services.cases.rules.items import CaseState
from services.cases.schemas.arrears import ReportIn
from shared import pii
from shared.auth import Caller
from shared.db import Session


@dataclass(frozen=True, slots=True)
class Match:
    """What a report has to do with what was told before, and the case of that."""

    relation: Relation
    case_id: UUID | None


async def find(session: Session, caller: Caller, office: str, body: ReportIn) -> Match:
    """Find the open case of the same matter, else the newest one that is near it, or none.

    A matter that has ended is never told on: whoever tells of it again has a case of his own.
    Whoever takes it in may know better (`own_case`).
    """
    told = _account(body)
    like: UUID | None = None
    related: UUID | None = None
    for before in await queries.arrears.told_before(session, office, caller.scope):
        found = rules.relation(told, _before(before))
        if found is Relation.SAME and before.state is CaseState.OPEN and not body.own_case:
            return Match(Relation.SAME, before.case_id)
        if found is Relation.SAME:
            like = like or before.case_id
        elif found is Relation.RELATED:
            related = related or before.case_id
    nearest = like or related
    return Match(Relation.RELATED if nearest else Relation.DIFFERENT, nearest)


def _account(body: ReportIn) -> Account:
    people = frozenset[str]()
    if not body.anonymous:
        people = _hashed(
            body.phone and pii.blind_index(body.phone, "phone"),
            body.id_number and pii.blind_index(body.id_number, "id_number"),
        )
    named = body.name if not body.anonymous else None
    return Account(
        people=people, name=pii.blind_index(named, "name") if named else None,
        employer_id=body.employer_id, employer=body.employer_name, project_id=body.project_id,
        place=body.place, months=body.months, workers=body.workers, amount=body.amount,
    )  # fmt: skip


def _before(row: ToldBefore) -> Account:
    said: dict[str, Any] = row.said
    ids = {name: said.get(name) for name in ("employer_id", "project_id")}
    return Account(
        people=_hashed(row.phone_index, row.id_index), name=row.name_index,
        employer=said.get("employer_name"), place=said.get("place", ""), months=said.get("months"),
        workers=said.get("workers"), amount=Decimal(said["amount"]) if "amount" in said else None,
        **{name: UUID(value) if value else None for name, value in ids.items()},
    )  # fmt: skip


def _hashed(*indexes: str | None) -> frozenset[str]:
    return frozenset(index for index in indexes if index)
