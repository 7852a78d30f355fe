"""What is owed: planned from a contract's terms, and planned anew when working days are told."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.actions import money
from services.payroll.errors import TermsMissing
from services.payroll.models import Obligation, Project, Replan, WageAccount, WorksContract
from services.payroll.rules.periods import Basis, Planned, Terms
from services.payroll.rules.plans import Wanted
from shared import clock, known
from shared.db import Session, new_id, same_id

# A year's days off reach over New Year: a due day in January may shift back into December.
_BEFORE, _AFTER = (12, 1), (1, 31)


async def plan_obligations(
    session: Session,
    *,
    works_contract_id: UUID,
    project_id: UUID,
    contractor_id: UUID,
    signed_on: date,
    terms: Terms,
    now: datetime,
) -> None:
    """Plan one obligation per period of a contract, once; its project must be kept before.

    Money that lies unclaimed on the project's account counts for them at once. Raises
    TermsMissing where the terms name neither an amount nor a share.
    """
    if await queries.projects.find_contract(session, works_contract_id):
        return
    if (terms.share if terms.basis is Basis.SHARE else terms.labour_cost) is None:
        raise TermsMissing
    project = await queries.projects.project(session, project_id)
    calendar = await known.calendar(session, project.area_code)
    account = await queries.accounts.find_account_of_project(session, project_id)
    contract = _contract(works_contract_id, project_id, contractor_id, signed_on, terms)
    session.add(contract)
    known_at = await money.owed_since(session, account, now)
    for each in rules.periods.plan(terms, calendar):
        row = planned(contract, each, project, account, calendar.version)
        row.due_since, row.known_at = now, known_at
        session.add(row)
    if account:
        await money.credit_what_is_left(session, account, now)


def planned(
    contract: WorksContract,
    owed: Planned | Wanted,
    project: Project,
    account: WageAccount | None,
    calendar_version: str,
) -> Obligation:
    """Give an expected transfer as it is planned; deterministic, so that it is planned once."""
    month = clock.at(date.fromisoformat(f"{owed.period}-01"))
    return Obligation(
        id=same_id(month, contract.id, owed.period),
        works_contract_id=contract.id,
        contractor_id=contract.contractor_id,
        project_id=project.id,
        account_id=account.id if account else None,
        source_id=account.source_id if account else None,
        area_code=project.area_code,
        developer_id=project.developer_id,
        period=owed.period,
        previous_period=owed.previous_period,
        due_on=owed.due_on,
        due_amount=owed.amount,
        calendar_version=calendar_version,
    )


def _contract(
    works_contract_id: UUID, project_id: UUID, contractor_id: UUID, signed_on: date, terms: Terms
) -> WorksContract:
    return WorksContract(
        id=works_contract_id,
        project_id=project_id,
        contractor_id=contractor_id,
        signed_on=signed_on,
        contract_amount=terms.contract_amount,
        basis=terms.basis,
        labour_cost=terms.labour_cost,
        share=terms.share,
        first_period=terms.first_period,
        last_period=terms.last_period,
        transfer_day=terms.transfer_day,
        transfer_month=terms.transfer_month,
        due_shift=terms.due_shift,
        pay_cycle=terms.pay_cycle,
        pay_day=terms.pay_day,
    )


async def note_calendar(session: Session, area_code: str, year: int, told_at: datetime) -> None:
    """Note that an area's working days of a year were told; planned due days follow."""
    days = date(year - 1, *_BEFORE), date(year + 1, *_AFTER)
    await _note(session, area_code, days, told_at)


async def note_area(session: Session, area_code: str, told_at: datetime) -> None:
    """Note that an area lies elsewhere in the tree, and so has the days of others above it."""
    await _note(session, area_code, (date.min, date.max), told_at)


async def _note(
    session: Session, area_code: str, days: tuple[date, date], told_at: datetime
) -> None:
    if not await queries.obligations.any_planned_under(session, area_code):
        return
    note = Replan(id=new_id(), area_code=area_code, told_at=told_at)
    note.from_on, note.until_on = days
    session.add(note)
    await replan_obligations(session)


async def replan_obligations(session: Session, limit: int = 500) -> int:
    """Work out the next planned due days by the calendar as it is now; give how many steps it was.

    Only what is planned moves. What is due or judged keeps the day and the version of the
    calendar by which it was judged.
    """
    replan = await queries.obligations.locked_open_replan(session)
    if replan is None:
        return 0
    rows = await queries.obligations.locked_obligations_to_replan(session, replan, limit)
    contracts = await queries.projects.contracts(session, {row.works_contract_id for row in rows})
    days = {row.id: row.due_on for row in rows}
    calendars = {
        area_code: await known.calendar(session, area_code)
        for area_code in {row.area_code for row in rows}
    }
    versions = await queries.plans.versions_of(session, list(contracts.values()))
    for row in rows:
        terms = rules.plans.version_of(versions[row.works_contract_id], row.period).terms
        days[row.id] = rules.periods.due_on(terms, row.period, calendars[row.area_code])
    on_time = await _on_time(session, rows, days)
    for row in rows:
        calendar = calendars[row.area_code]
        row.replan(days[row.id], calendar.version, on_time[row.id], replan.told_at)
    if rows:
        replan.after_id = rows[-1].id
    if len(rows) < limit:
        replan.done = True
    return 1


async def _on_time(
    session: Session, rows: Sequence[Obligation], days: Mapping[UUID, date]
) -> Mapping[UUID, Decimal]:
    """Give what of each row's money is dated on or before its new due day."""
    sums = dict.fromkeys(days, Decimal(0))
    paid = [row.id for row in rows if row.credited_amount]
    for credit in await queries.money.credits_of(session, paid) if paid else ():
        if credit.credited_on <= days[credit.obligation_id]:
            sums[credit.obligation_id] += credit.amount
    return sums
