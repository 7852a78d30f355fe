"""Wages that came back, are disputed or went to somebody else: told of once, and ended."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from shared import clock
from shared.db import Session
from shared.events.conditions import PayrollConditionEnded, PayrollConditionFound
from shared.events.payroll import DisbursementReopened
from tests.fixtures.service import Published, Time, Token
from tests.payroll import disbursements as pay
from tests.payroll import factories as make
from tests.payroll import sheets
from tests.payroll.disbursements import known
from tests.payroll.people import card_no, id_number
from tests.payroll.test_disbursement_results import returned, sent, settled

Speak = Callable[..., None]
pytestmark = pytest.mark.caller("contractor", areas=[make.COUNTY], org=make.CONTRACTOR)


@pytest.fixture
def speak(client: AsyncClient, token: Token) -> Speak:
    return pay.speaker(client, token)


@pytest.fixture
async def project(session: Session, time: Time) -> UUID:
    return await known(session, time)


async def told(published: Published, session: Session, kind: str) -> list[tuple[str, Any]]:
    """Give what was told of a kind, in order: since when it holds, or why it holds no longer."""
    found = [one for one in await published(session, PayrollConditionFound) if one.kind == kind]
    ended = [one for one in await published(session, PayrollConditionEnded) if one.kind == kind]
    return [("found", one.since) for one in found] + [("ended", one.reason) for one in ended]


async def test_what_came_back_is_told_until_it_is_settled(
    client: AsyncClient, session: Session, project: UUID, *, time: Time, published: Published,
    speak: Speak,
) -> None:  # fmt: skip
    batch = await sent(client, speak, project)
    time.move_to(clock.at(date(2023, 4, 5), 9))
    await batch.tell(returned(0, "2023-04-04"), returned(1, "2023-04-05"))
    kind = "payment_returned"
    assert await told(published, session, kind) == [("found", date(2023, 4, 4))]
    [found] = [one for one in await published(session, PayrollConditionFound) if one.kind == kind]
    assert (found.subject_id, found.unit_id, found.period) == (
        UUID(batch.id), make.CONTRACTOR, "2023-03",
    )  # fmt: skip
    # Sent again is not paid; the oldest that is not paid counts.
    assert (await batch.retry()).status_code == 200
    await batch.tell(settled(0, "S1", "2023-04-05", attempt=2))
    assert (await told(published, session, kind))[1:] == [("found", date(2023, 4, 5))]
    await batch.tell(settled(1, "S2", "2023-04-05", attempt=2))
    assert (await told(published, session, kind))[2:] == [("ended", "payment_settled")]


async def test_a_worker_says_that_it_did_not_come_until_the_office_has_proof(
    client: AsyncClient, session: Session, project: UUID, *, published: Published, speak: Speak
) -> None:
    batch = await sent(client, speak, project)
    await batch.tell(settled(0))
    lines = await batch.lines()
    of = [f"{batch.url}/lines/{line['id']}/disputes" for line in lines]
    said = {"answer": "card_with_someone_else", "note": "卡在班组长手中"}
    speak("wage_officer", "officer")
    assert (await client.post(of[1], json=said)).status_code == 409  # the bank has it still
    opened = await client.post(of[0], json=said)
    assert opened.status_code == 201, opened.text
    assert (await client.post(of[0], json=said)).status_code == 409  # one at a time
    shown = (await client.get(batch.url)).json()
    assert (shown["tally"]["settled"]["lines"], shown["tally"]["disputed"]["lines"]) == (1, 1)
    listed = (await client.get(f"{batch.url}/lines", params={"disputed": True})).json()["items"]
    assert [one["disputed"] for one in listed] == ["card_with_someone_else"]
    [event] = await published(session, DisbursementReopened)
    assert (event.reopened_lines, event.reopened_total) == (1, Decimal("5500.00"))
    kind = "receipt_disputed"
    assert await told(published, session, kind) == [("found", date(2023, 4, 3))]
    [found] = [one for one in await published(session, PayrollConditionFound) if one.kind == kind]
    assert (found.subject_id, found.facts) == (UUID(lines[0]["id"]), ["card_with_someone_else"])

    closing = f"{batch.url}/disputes/{opened.json()['id']}/close"
    assert (await client.post(closing, json={"proof": "已还卡"})).status_code == 403
    speak("wage_office", "anna", None)
    closed = await client.post(closing, json={"proof": "银行取款凭条与本人签字"})
    assert (closed.status_code, closed.json()["closed_by"]) == (200, "anna")
    assert (await client.post(closing, json={"proof": "再次办结"})).status_code == 409
    assert (await told(published, session, kind))[1:] == [("ended", "dispute_closed")]
    all_of = (await client.get(f"{batch.url}/disputes")).json()["items"]
    assert [one["proof"] for one in all_of] == ["银行取款凭条与本人签字"]
    speak("wage_officer", "officer")
    assert (await client.post(of[0], json=said)).status_code == 201  # it can be opened again


def debit(serial: str, amount: int, left: int, name: str, number: str, **more: Any) -> Any:  # noqa: ANN401  a body
    other = {"name": name, "account_no": number}
    at = "2023-01-11T10:00:00"
    return make.line(serial, at, -amount, left, counterparty=other, **more)


async def test_money_that_goes_to_nobody_of_the_roster_is_told_until_that_is_known(
    client: AsyncClient, session: Session, project: UUID, published: Published
) -> None:
    kind = "payment_outside_account"
    number, name, card = id_number(5), "赵六", card_no(5)
    fine = (
        debit("D1", 10, 19990, "张三丰", sheets.BANK_CARD, purpose="工资"),
        # A whole batch in one line, and a line that names nobody, tell nothing of anybody.
        debit("D2", 90, 19900, "代发工资专户", "42001755900090001", purpose="1月工资代发"),
        make.line("D3", "2023-01-11T10:00:01", -100, 19800),
    )
    await make.feed(session, date(2023, 1, 11), make.statement(20000, *fine))
    assert await told(published, session, kind) == []
    out = debit("D4", 5000, 14800, name, card, purpose="工资")
    out = out | {"at": "2023-01-12T10:00:00+08:00"}
    await make.feed(session, date(2023, 1, 12), make.statement(19800, out))
    assert await told(published, session, kind) == [("found", date(2023, 1, 12))]
    # More of the same is the same thing.
    again = out | {"serial": "D5", "balance": "9800.00", "at": "2023-01-13T10:00:00+08:00"}
    await make.feed(session, date(2023, 1, 13), make.statement(14800, again))
    assert len(await told(published, session, kind)) == 1
    await sheets.enrol(session, project, (number, name, card))
    assert (await told(published, session, kind))[1:] == [("ended", "payee_known")]


async def test_a_project_without_roster_is_accused_of_no_payment(
    session: Session, time: Time, published: Published
) -> None:
    time.move_to(clock.at(date(2023, 4, 3), 9))
    await make.tree(session)
    await pay.funded(session, await make.contract(session))
    out = debit("D1", 10, 19990, "某材料公司", "42001755900090009", purpose="材料款")
    await make.feed(session, date(2023, 1, 11), make.statement(20000, out))
    assert await told(published, session, "payment_outside_account") == []
