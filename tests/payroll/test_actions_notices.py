"""A bank's notice of a missed transfer, a contractor's report, and what came first."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.payroll import actions
from services.payroll.errors import NoticeRefused
from services.payroll.models import MissNotice
from services.payroll.rules.notices import CameFirst
from services.payroll.schemas.notices import BankNoticeIn, ContractorReportIn
from shared import clock
from shared.auth import Caller
from shared.db import Session
from shared.events.payroll import BankNoticeReceived, ContractorReportReceived
from shared.problems import NotFound
from tests.fixtures.service import Published
from tests.payroll import factories
from tests.payroll.factories import ACCOUNT_NO, CONTRACTOR, COUNTY, OTHER_BANK, line, statement

FIRST, DUE = date(2023, 1, 10), date(2023, 1, 20)
GENERAL = Caller("lao", frozenset({"contractor"}), frozenset({COUNTY}), CONTRACTOR)


@pytest.fixture
async def project_id(session: Session) -> UUID:
    """Give a project with a contract, a source and an account: 100 is due each month."""
    await factories.tree(session)
    found = await factories.contract(session)
    await factories.source(session)
    await factories.account(session, found)
    return found


async def notice(
    session: Session, on: date, caller: Caller | None = None, **changes: Any
) -> list[MissNotice]:
    body = BankNoticeIn(
        **({"account_no": ACCOUNT_NO, "period": "2023-01", "told_on": on, "told_to": "某建设公司"}
           | changes)
    )  # fmt: skip
    told = await actions.notices.receive_bank_notice(
        session, caller or factories.sender(), body, clock.at(on, 10)
    )
    await session.flush()
    return list(told)


async def missed(session: Session) -> None:
    await factories.feeds(session, FIRST, DUE)
    await actions.transfers.mark_missed_transfers(session, clock.at(date(2023, 1, 21), 0, 1))
    await session.flush()


async def test_a_notice_before_the_miss_is_found_came_first(
    session: Session, project_id: UUID, published: Published
) -> None:
    [told] = await notice(session, date(2023, 1, 20))
    assert told.came_first is CameFirst.NOTICE
    await missed(session)
    [again] = await notice(session, date(2023, 1, 22))
    assert again.id == told.id
    [row, *_] = await factories.owed(session, project_id)
    assert (row.told_first, row.bank_notice_at) == (CameFirst.NOTICE, told.received_at)
    [event] = await published(session, BankNoticeReceived)
    assert (event.obligation_id, event.came_first) == (row.id, "notice")


async def test_a_notice_after_the_miss_was_found_came_second(
    session: Session, project_id: UUID, published: Published
) -> None:
    await missed(session)
    [told] = await notice(session, date(2023, 1, 22))
    assert told.came_first is CameFirst.DETECTION
    [row, *_] = await factories.owed(session, project_id)
    report = await actions.notices.receive_contractor_report(
        session, GENERAL, row.id, ContractorReportIn(told_on=date(2023, 1, 22)),
        clock.at(date(2023, 1, 23), 9),
    )  # fmt: skip
    assert report.came_first is CameFirst.DETECTION
    assert row.contractor_report_at == report.received_at
    assert len(await published(session, ContractorReportReceived)) == 1


async def test_a_bank_tells_of_its_own_accounts_only(session: Session, project_id: UUID) -> None:
    with pytest.raises(NotFound):
        await notice(session, DUE, factories.sender(OTHER_BANK))


async def test_a_notice_that_fits_nothing_is_refused(session: Session, project_id: UUID) -> None:
    paid = line("A", "2023-01-12T10:00:00", 100, 100)
    await factories.feed(session, date(2023, 1, 12), statement(0, paid), final=False)
    for changes, codes in (
        ({}, ["paid_already"]),
        ({"period": "2023-02"}, ["not_due_yet"]),
        ({"period": "2024-02", "told_on": date(2023, 2, 1)}, ["nothing_owed", "day_in_future"]),
    ):
        with pytest.raises(NoticeRefused) as refused:
            await notice(session, DUE, **changes)
        assert [one.code for one in refused.value.errors] == codes
