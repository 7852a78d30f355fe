"""Telling what is wrong at projects: found, found otherwise, ended; compared with what was told."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.registry import queries, rules
from services.registry.actions import cards
from services.registry.models import Project, Requirement, ToldCondition
from services.registry.rules.conditions import Condition, Deposits, Site
from services.registry.rules.requirements import Moment
from shared.db import Session, new_id, same_id
from shared.events.base import Event
from shared.events.conditions import RegistryConditionEnded, RegistryConditionFound
from shared.outbox import publish_all


async def tell(
    session: Session,
    projects: Sequence[Project],
    requirements: Mapping[UUID, Mapping[str, Requirement]],
    moment: Moment,
) -> None:
    """Tell of locked projects what is wrong now and was not told so, and what is wrong no more."""
    told: dict[UUID, list[ToldCondition]] = defaultdict(list)
    for row in await queries.requirements.locked_told(session, [each.id for each in projects]):
        told[row.project_id].append(row)
    deposits = await _deposits(session, projects, moment.day)
    events: list[Event] = []
    for project in projects:
        site = _site(project)
        standings = {row.id: row.standing for row in requirements[project.id].values()}
        theirs = deposits[project.id]
        replaced = bool(theirs.uses) or any(last < moment.day for _, last in theirs.ends)
        found = {
            each.key: each
            for each in (
                *rules.conditions.found(site, standings.values(), moment.day, replaced=replaced),
                *rules.conditions.of_deposits(site, theirs, moment.day),
            )
        }
        for row in told[project.id]:
            again = found.pop((row.kind, row.subject_id), None)
            if again is None:
                why = rules.conditions.why_ended(
                    site, standings, row.kind, row.subject_id, moment.day
                )
                events.append(_ended(row, project, why, moment))
            elif again != row.condition:
                events.append(_found(again, project, moment))
                _keep(row, again, moment)
        for each in found.values():
            events.append(_found(each, project, moment))
            session.add(_row(each, project, moment))
    await publish_all(session, events)


_Dated = list[tuple[UUID, date]]


async def _deposits(
    session: Session, projects: Sequence[Project], day: date
) -> Mapping[UUID, Deposits]:
    """Give of each project the guarantees that will end or have, and what was not done."""
    ids = [project.id for project in projects]
    held = defaultdict(list)
    for security in await queries.deposits.held_of(session, ids):
        held[security.project_id].append(security.held)
    uses: dict[UUID, _Dated] = defaultdict(list)
    for use in await queries.deposits.open_uses_of(session, ids):
        if use.paid_on:
            uses[use.project_id].append((use.id, use.paid_on))
    statements: dict[UUID, _Dated] = defaultdict(list)
    for statement in await queries.bank_statements.late_of(session, ids, day):
        statements[statement.project_id].append((statement.id, statement.due_on))
    dues = await queries.deposits.dues_of(session, held.keys()) if held else {}
    return {
        each: Deposits(
            [
                (one.security_id, one.valid_until)
                for one in rules.deposits.expiring(held[each], dues.get(each, Decimal(0)))
                if one.valid_until
            ],
            uses[each],
            statements[each],
        )
        for each in ids
    }


def _site(project: Project) -> Site:
    return Site(
        project.id, project.status, project.supervised_since, project.started_on,
        project.developer_id, project.contractor_id,
    )  # fmt: skip


def _row(one: Condition, project: Project, moment: Moment) -> ToldCondition:
    row = ToldCondition(
        id=new_id(), kind=one.kind, subject_id=one.subject_id, project_id=project.id,
        ended_at=None, reason=None,
    )  # fmt: skip
    _keep(row, one, moment)
    return row


def _keep(row: ToldCondition, one: Condition, moment: Moment) -> None:
    row.unit_id, row.since, row.facts = one.unit_id, one.since, list(one.facts)
    row.muted_by, row.told_at = one.muted_by, moment.at


def _event_id(moment: Moment, *parts: object) -> UUID:
    """Give an event's id: what the clock found is, found again after a restore, the same event."""
    return same_id(moment.at, *parts) if moment.by_clock else new_id()


def _about(one: Condition | ToldCondition, project: Project, moment: Moment) -> dict[str, Any]:
    return {
        "occurred_at": moment.at, "kind": one.kind, "subject_id": one.subject_id,
        "project_id": project.id, "project": cards.card(project), "area_code": project.area_code,
    }  # fmt: skip


def _found(one: Condition, project: Project, moment: Moment) -> RegistryConditionFound:
    return RegistryConditionFound(
        id=_event_id(moment, "found", one), unit_id=one.unit_id, since=one.since,
        facts=list(one.facts), muted_by=one.muted_by, **_about(one, project, moment),
    )  # fmt: skip


def _ended(
    row: ToldCondition, project: Project, why: str, moment: Moment
) -> RegistryConditionEnded:
    row.ended_at, row.reason = moment.at, why
    event_id = _event_id(moment, "ended", row.kind, row.subject_id, why)
    proof = {"subject_id": str(row.subject_id)}
    return RegistryConditionEnded(
        id=event_id, reason=why, proof=proof, **_about(row, project, moment)
    )
