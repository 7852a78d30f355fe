"""A bank's notice of a missed transfer, and the contractor's report (724号 art. 27)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.errors import NoticeRefused
from services.payroll.models import MissNotice, Obligation
from services.payroll.rules.notices import NoticeKind, Told
from services.payroll.rules.obligations import ObligationStatus
from services.payroll.schemas.notices import BankNoticeIn, ContractorReportIn
from shared import clock, pii
from shared.auth import Caller
from shared.db import Session, new_id, same_id
from shared.events.payroll import BankNoticeReceived, ContractorReportReceived
from shared.outbox import publish
from shared.problems import Finding
from shared.wording import Text


async def receive_bank_notice(
    session: Session, caller: Caller, body: BankNoticeIn, now: datetime
) -> Sequence[MissNotice]:
    """Take a bank's notice about a period of an account: one for each contract that lacks money.

    The same notice again gives the first. Raises NotFound where the account is not the bank's,
    NoticeRefused with all findings.
    """
    index = pii.blind_index(body.account_no, "account")
    account = await queries.notices.account_of_bank(session, index, caller.scope)
    owed = await queries.notices.locked_obligations_of_period(
        session, account.project_id, body.period
    )
    if findings := _findings("period", owed, body.told_on, now):
        raise NoticeRefused(errors=findings)
    today = clock.day_of(now)
    told = [row for row in owed if row.due_on <= today and not _is_settled(row)]
    said = {
        "told_on": body.told_on,
        "told_to": body.told_to,
        "reference": body.reference,
        "bank_id": caller.scope.org,
    }
    return [
        await _take(session, caller, row, NoticeKind.BANK_NOTICE, said, now=now) for row in told
    ]


async def receive_contractor_report(
    session: Session,
    caller: Caller,
    obligation_id: UUID,
    body: ContractorReportIn,
    now: datetime,
) -> MissNotice:
    """Take a contractor's own report about one obligation; the same again gives the first.

    Raises NotFound, NoticeRefused with all findings.
    """
    await queries.obligations.obligation(session, obligation_id, caller.scope)
    row = await queries.notices.locked_obligation(session, obligation_id)
    if findings := _findings("obligation_id", [row], body.told_on, now):
        raise NoticeRefused(errors=findings)
    said = {"told_on": body.told_on, "told_to": body.told_to, "reference": body.reference}
    return await _take(session, caller, row, NoticeKind.CONTRACTOR_REPORT, said, now=now)


def _is_settled(row: Obligation) -> bool:
    return row.status is ObligationStatus.FULL


def _findings(
    place: str, owed: Sequence[Obligation], told_on: date, now: datetime
) -> Sequence[Finding]:
    today = clock.day_of(now)
    told = [Told(row.due_on, _is_settled(row)) for row in owed]
    found = [*rules.notices.findings(place, told, today)]
    if told_on > today:
        found.append(Finding("told_on", "day_in_future", *_FUTURE))
    return found


async def _take(
    session: Session,
    caller: Caller,
    row: Obligation,
    kind: NoticeKind,
    said: Mapping[str, Any],
    *,
    now: datetime,
) -> MissNotice:
    first = rules.notices.came_first(missed=row.missed_on is not None)
    is_new = await queries.notices.notice_is_new(
        session,
        id=new_id(),
        kind=kind,
        obligation_id=row.id,
        came_first=first,
        received_at=now,
        received_from=caller.actor,
        **said,
    )
    notice = await queries.notices.notice_of(session, row.id, kind)
    if is_new:
        row.take_notice(kind, first, now)
        publish(session, _received(row, notice, now))
    return notice


def _received(
    row: Obligation, notice: MissNotice, now: datetime
) -> BankNoticeReceived | ContractorReportReceived:
    bank = notice.kind is NoticeKind.BANK_NOTICE
    event = BankNoticeReceived if bank else ContractorReportReceived
    return event(
        id=same_id(clock.day_end(row.due_on), row.id, notice.kind),
        occurred_at=now,
        project_id=row.project_id,
        area_code=row.area_code,
        obligation_id=row.id,
        works_contract_id=row.works_contract_id,
        period=row.period,
        due_on=row.due_on,
        told_on=notice.told_on,
        came_first=notice.came_first,
    )


_FUTURE = (
    Text("告知日期在未来", "This day lies in the future"),
    Text("核对日期", "Check the day"),
)
