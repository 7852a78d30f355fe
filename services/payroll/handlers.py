"""The event door: what registry tells, in payroll's words."""

from services.payroll import actions
from services.payroll.rules.periods import Basis, Terms, TransferMonth
from shared import known
from shared.db import Session
from shared.events.cases import ArrearsCaseOpened
from shared.events.payroll import BankFeedCompleted, TransferNoted
from shared.events.registry import (
    AreaChanged,
    CalendarPublished,
    OrganisationChanged,
    OrganisationRegistered,
    ProjectChanged,
    ProjectPartyChanged,
    ProjectRegistered,
    ProjectResumed,
    ProjectSuspended,
    WorksContractSigned,
    WorksContractSupplemented,
)
from shared.workdays import DueShift


async def on_organisation_registered(
    session: Session, event: OrganisationRegistered | OrganisationChanged
) -> None:
    """Keep an organisation: a source must name a bank that is there."""
    await actions.projects.keep_organisation(
        session,
        organisation_id=event.organisation_id,
        name=event.name,
        area_code=event.area_code,
        roles=event.roles,
        told_at=event.occurred_at,
    )


async def on_organisation_changed(session: Session, event: OrganisationChanged) -> None:
    """Keep what is different now."""
    await on_organisation_registered(session, event)


async def on_project_registered(session: Session, event: ProjectRegistered) -> None:
    """Keep a project."""
    await actions.projects.keep_project(session, event.project, event.occurred_at)


async def on_project_changed(session: Session, event: ProjectChanged) -> None:
    """Keep what is different now; what must be put right may be otherwise, too."""
    await actions.plans.follow_project(session, event.project, event.occurred_at)


async def on_project_party_changed(session: Session, event: ProjectPartyChanged) -> None:
    """Keep who has a role from when until when: a miss names whoever had it on its day."""
    said = event.model_dump(exclude={"area_code"})
    await actions.parties.keep_party(session, event.occurred_at, **said)


async def on_works_contract_signed(session: Session, event: WorksContractSigned) -> None:
    """Plan what the contract owes; it carries its project, which may not be told yet."""
    await actions.projects.keep_project(session, event.project, event.occurred_at)
    await actions.obligations.plan_obligations(
        session,
        works_contract_id=event.works_contract_id,
        project_id=event.project_id,
        contractor_id=event.contractor_id,
        signed_on=event.signed_on,
        terms=_terms(event),
        now=event.occurred_at,
    )
    await session.flush()  # What holds of the project now is read from the rows.
    await actions.paydays.follow_project(session, event.project_id)
    await actions.conditions.review(session, [event.project_id], event.occurred_at)


async def on_works_contract_supplemented(
    session: Session, event: WorksContractSupplemented
) -> None:
    """Plan what lies ahead by later terms; it carries its project as a contract does."""
    await actions.projects.keep_project(session, event.project, event.occurred_at)
    await actions.plans.supplement_contract(
        session,
        works_contract_id=event.works_contract_id,
        project_id=event.project_id,
        version=event.version,
        valid_from=event.valid_from,
        signed_on=event.signed_on,
        terms=_terms(event),
        now=event.occurred_at,
    )


async def on_project_suspended(session: Session, event: ProjectSuspended) -> None:
    """Owe nothing for whole months in which the works stand still."""
    await _stop(session, event)


async def on_project_resumed(session: Session, event: ProjectResumed) -> None:
    """Owe again from the month on in which the works go on."""
    await _stop(session, event)


async def _stop(session: Session, event: ProjectSuspended | ProjectResumed) -> None:
    await actions.projects.keep_project(session, event.project, event.occurred_at)
    await actions.plans.stop_works(
        session,
        stop_id=event.suspension_id,
        project_id=event.project_id,
        from_on=event.from_on,
        until_on=event.until_on,
        reason=event.reason,
        now=event.occurred_at,
    )
    await actions.conditions.review(session, [event.project_id], event.occurred_at)


async def on_arrears_case_opened(session: Session, event: ArrearsCaseOpened) -> None:
    """Note that no account of the project may be closed before the case is."""
    await actions.cases.note_case(session, event.arrears_case_id, event.project_id, event.opened_at)


def _terms(event: WorksContractSigned | WorksContractSupplemented) -> Terms:
    return Terms(
        Basis(event.basis),
        event.contract_amount,
        event.labour_cost,
        event.share,
        event.first_period,
        event.last_period,
        event.transfer_day,
        TransferMonth(event.transfer_month),
        DueShift(event.due_shift),
        event.pay_cycle,
        event.pay_day,
    )


async def on_own_feed_completed(session: Session, event: BankFeedCompleted) -> None:
    """Hear from others, after a restore, that a day was closed: it is not late, only lost."""
    await actions.feeds.await_again(session, event.feed_id)


async def on_own_transfer_noted(session: Session, event: TransferNoted) -> None:
    """Hear from others, after a restore, whose report was overdue."""
    await actions.reports.learn_again(session, event)


async def on_calendar_published(session: Session, event: CalendarPublished) -> None:
    """Keep the working days; what is planned and expected by them is worked out again."""
    held = await actions.expectations.hold(session, event.area_code)
    await known.on_calendar_published(session, event)
    await actions.expectations.replan(session, held)
    await actions.obligations.note_calendar(session, event.area_code, event.year, event.occurred_at)
    await actions.paydays.replan(session, event.area_code)
    await actions.feeds.replan_feeds(session, event.area_code)


async def on_area_changed(session: Session, event: AreaChanged) -> None:
    """Keep the area; what lies in it may have the working days of others above it now."""
    held = await actions.expectations.hold(session, event.area_code)
    await known.on_area_changed(session, event)
    await actions.expectations.replan(session, held)
    await actions.obligations.note_area(session, event.area_code, event.occurred_at)
    await actions.paydays.replan(session, event.area_code)
    await actions.feeds.replan_feeds(session, event.area_code)
