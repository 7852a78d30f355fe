"""Registering and changing organisations."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.registry import queries, rules
from services.registry.actions import areas, cards
from services.registry.errors import CreditCodeTaken, RegistrationRefused
from services.registry.models import Organisation
from services.registry.schemas.organisations import OrganisationIn, OrganisationPatch
from shared.areas import Scope
from shared.db import AGELESS, Session, same_id
from shared.events.registry import (
    OrganisationChanged,
    OrganisationRegistered,
    ProjectChanged,
    organisation_id,
)
from shared.outbox import publish
from shared.problems import Finding, Stale
from shared.wording import Text


async def register_organisation(
    session: Session, scope: Scope, body: OrganisationIn, now: datetime
) -> Organisation:
    """Enter an organisation; the same one again gives the first."""
    code = rules.organisations.normal_credit_code(body.credit_code)
    fields = _fields(body)
    findings = rules.organisations.check_credit_code("credit_code", code)
    findings += await _check(session, scope, fields, body, now)
    if findings:
        raise RegistrationRefused(errors=findings)
    there = await queries.organisations.locked_organisation_of(session, code)
    if there:
        if _told_of(fields) == _told_of({name: getattr(there, name) for name in fields}):
            return there
        raise CreditCodeTaken(
            Text("统一社会信用代码 {code} 已登记", "The credit code {code} is registered").fill(
                code=code
            ),
            organisation_id=str(there.id),
        )
    organisation = made(code, _signed(session, fields, [], now), now)
    session.add(organisation)
    publish(session, registered(organisation, now))
    return organisation


def made(code: str, fields: Mapping[str, Any], now: datetime) -> Organisation:
    """Make an organisation of a normalised credit code."""
    first: dict[str, Any] = {"trades": [], "hardship": [], "version": 1}
    return Organisation(
        # Entered again after a restore it is the one that others know; so with what is told of it.
        id=id_of(code),
        credit_code=code,
        registered_at=now,
        changed_at=now,
        **(first | dict(fields)),
    )


def id_of(code: str) -> UUID:
    """Give the id of the organisation that has, or will have, a normalised credit code."""
    return organisation_id(code)


def registered(organisation: Organisation, now: datetime) -> OrganisationRegistered:
    """Give what is told of a new organisation."""
    told = _told(organisation)
    event_id = same_id(AGELESS, "registered", *told.values())
    return OrganisationRegistered(id=event_id, occurred_at=now, **told)


async def change_organisation(
    session: Session, scope: Scope, organisation_id: UUID, body: OrganisationPatch, now: datetime
) -> Organisation:
    """Change what was sent; a new name goes to the cards of its projects as well."""
    organisation = await queries.organisations.locked_organisation(session, organisation_id, scope)
    if organisation.version != body.version:
        raise Stale
    fields = _fields(body)
    fields = _signed(session, fields, organisation.hardship, now)
    changed = {k: v for k, v in fields.items() if getattr(organisation, k) != v}
    if not changed:
        return organisation
    findings = await _check(session, scope, changed, body, now)
    if findings:
        raise RegistrationRefused(errors=findings)
    for name, value in changed.items():
        setattr(organisation, name, value)
    organisation.version += 1
    organisation.changed_at = now
    publish(session, OrganisationChanged(occurred_at=now, **_told(organisation)))
    if "name" in changed:
        for project in await queries.projects.locked_projects_of(session, organisation.id):
            project.changed_at = now
            publish(
                session,
                ProjectChanged(occurred_at=now, project_id=project.id, project=cards.card(project)),
            )
    return organisation


def _fields(body: OrganisationIn | OrganisationPatch) -> dict[str, Any]:
    """Give the columns that a body sets, lists without repeats and in order."""
    fields = body.model_dump(
        mode="json", exclude_unset=True, exclude={"version", "credit_code", "hardship"}
    )
    for name in {"roles", "trades"} & fields.keys():
        fields[name] = sorted(set(fields[name]))
    if "hardship" in body.model_fields_set:
        fields["hardship"] = [tag.model_dump(mode="json") for tag in body.hardship or ()]
    return fields


_TAG = ("tag", "from_on", "until_on")


def _bare(tags: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give dated tags without who gave them."""
    return [{name: tag[name] for name in _TAG} for tag in tags]


def _told_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Give what somebody tells of an organisation, which is compared."""
    tags = {"hardship": _bare(fields["hardship"])} if "hardship" in fields else {}
    return {**fields, **tags}


def _signed(
    session: Session, fields: dict[str, Any], before: Iterable[Mapping[str, Any]], now: datetime
) -> dict[str, Any]:
    """Sign tags that are new; one that was there keeps who gave it."""
    if "hardship" not in fields:
        return fields
    stood = list(before)
    by = {"tagged_by": session.info["actor"], "tagged_at": now.isoformat()}
    signed = [
        next((one for one in stood if _bare([one]) == [tag]), {**tag, **by})
        for tag in fields["hardship"]
    ]
    return {**fields, "hardship": signed}


async def _check(
    session: Session,
    scope: Scope,
    fields: dict[str, Any],
    body: OrganisationIn | OrganisationPatch,
    now: datetime,
) -> list[Finding]:
    findings = rules.organisations.check_hardship(
        [(tag.from_on, tag.until_on) for tag in body.hardship or ()]
    )
    if "area_code" in fields:
        findings += await areas.check_area(session, scope, "area_code", fields["area_code"], now)
    return findings


def _told(organisation: Organisation) -> dict[str, Any]:
    """Give what events say of an organisation."""
    return {
        "organisation_id": organisation.id,
        "name": organisation.name,
        "credit_code": organisation.credit_code,
        "area_code": organisation.area_code,
        "roles": organisation.roles,
        "trades": organisation.trades,
    }
