"""Claims of unpaid wages beside what is known: advice, and never more than was told."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import event, select

from services.payroll.models import DisbursementLine, RosterEntry
from services.payroll.rules.disbursements import LineStatus
from services.payroll.rules.results import Word
from services.payroll.rules.wage_facts import Advice, Known, MonthFacts, advise
from shared.db import AuditRow, Session
from tests.fixtures.service import Time, Token
from tests.payroll import attendance as gates
from tests.payroll import disbursements as pay
from tests.payroll import factories as make
from tests.payroll import sheets

V1 = "/payroll/v1"
MARCH = "2023-03"
STRANGER, NOBODY = "110101199003077458", "110101199003071110"
pytestmark = pytest.mark.caller("inspector", areas=[make.COUNTY], subject="inspector-1")


def claim(number: str, claimed: str | None, **more: Any) -> dict[str, Any]:
    said = {"id_number": number, "from_period": MARCH, "claimed": claimed} | more
    return {name: one for name, one in said.items() if one is not None}


async def test_a_claim_is_held_against_roster_gates_sheets_and_bank_and_who_asked_is_kept(
    client: AsyncClient, session: Session, time: Time, token: Token
) -> None:
    project = await pay.known(session, time)
    speak = pay.speaker(client, token)
    speak("contractor", "maker")
    sheet_id = await pay.approved(client, speak, project, sheets.line(), sheets.second())
    speak("contractor", "cashier")
    assert (await pay.send(client, sheet_id)).status_code == 201
    lines = (await session.scalars(select(DisbursementLine))).all()
    first = min(lines, key=lambda one: one.position)
    first.hear(Word(first.id, 1, LineStatus.SETTLED, first.amount, date(2023, 4, 4), "S-1"))
    client.headers.update(token("gate_vendor", areas=[make.COUNTY], subject="gate"))
    seen = await gates.send(client, project, gates.seen("a"), gates.seen("b", id_number=STRANGER))
    assert seen.is_success, seen.text
    [third] = [
        one.worker_id
        for one in (await session.scalars(select(RosterEntry))).all()
        if one.worker_id not in {line.worker_id for line in lines}
    ]
    await session.flush()  # The app's own transactions must see it.
    client.headers.update(token("inspector", areas=[make.COUNTY], subject="inspector-1"))
    claims = [
        claim(sheets.ID_CARD, "5500.00"),
        claim(sheets.OTHER_CARD, "5500.00"),
        claim(sheets.OTHER_CARD, "6000.00", from_period="2023-02", to_period=MARCH),
        claim("x", "1.00") | {"id_number": NOBODY},
        claim(STRANGER, "300.00"),
        {"worker_id": str(third), "from_period": MARCH, "claimed": "100.00"},
    ]
    where = f"{V1}/projects/{project}/wage-facts"
    answer = await client.post(where, json={"purpose": "核查欠案", "claims": claims})
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert (said["attendance_known"], said["sheets_known"]) == ([MARCH], [MARCH])
    workers = said["workers"]
    codes = [[one["code"] for one in worker["advice"]] for worker in workers]
    assert codes == [
        ["settled"],
        ["not_seen", "agrees"],
        ["not_seen", "no_sheet"],
        ["nothing_known"],
        ["not_on_roster", "not_on_sheet"],
        ["not_seen", "not_on_sheet"],
    ]
    [march] = workers[0]["months"]
    assert {name: Decimal(days) for name, days in march["days"].items()} == {"gate_vendor": 1}
    amounts = ("gross", "net", "settled", "under_way", "returned", "sheet_days")
    assert [Decimal(march[name]) for name in amounts] == [6000, 5500, 5500, 0, 0, 22]
    assert [Decimal(one["owed"]) for one in workers[:2]] == [0, Decimal("5500.00")]
    assert workers[5]["worker_id"] == str(third)
    assert workers[0]["spells"][0]["entered_on"] == "2023-01-10"
    assert (workers[3]["worker_id"], workers[4]["worker_id"]) == (None, None)
    for word in ("张三丰", sheets.ID_CARD, STRANGER):
        assert word not in answer.text
    kept = select(AuditRow.after).where(AuditRow.action == "search")
    assert (await session.scalars(kept)).all() == [{"purpose": "核查欠案", "claims": 6}]
    elsewhere = token("inspector", areas=[make.NEIGHBOUR], subject="other")
    body = {"purpose": "核查", "claims": claims}
    assert (await client.post(where, json=body, headers=elsewhere)).status_code == 404
    for wrong in (
        claim(sheets.ID_CARD, None, to_period="2023-02"),
        claim(sheets.ID_CARD, None, to_period="2027-03"),
        {"from_period": MARCH},
        claim(sheets.ID_CARD, None) | {"from_period": "0000-01"},
    ):
        refused = await client.post(where, json=body | {"claims": [wrong]})
        assert refused.status_code == 422
    counts = [
        await _statements(session, client, where, body | {"claims": many})
        for many in (claims[:1], claims[:1] * 3000)
    ]
    assert counts[0] == counts[1]


async def _statements(session: Session, client: AsyncClient, where: str, body: Any) -> int:  # noqa: ANN401  a body
    """Count the statements that a request takes."""
    connection = (await session.connection()).sync_connection
    assert connection is not None
    told: list[str] = []

    def ran(*what: Any) -> None:
        told.append(what[2])

    event.listen(connection.engine, "before_cursor_execute", ran)
    assert (await client.post(where, json=body)).status_code == 200
    event.remove(connection.engine, "before_cursor_execute", ran)
    return len(told)


@pytest.mark.parametrize(
    ("claimed", "net", "settled", "expected"),
    [
        ("500", "500", "0", [Advice.AGREES]),
        ("501", "500", "0", [Advice.CLAIMS_MORE]),
        ("499.99", "500", "0", [Advice.CLAIMS_LESS]),
        ("300", "500", "200", [Advice.AGREES]),
        ("500", "500", "500", [Advice.SETTLED]),
        # More came than the sheet says: of other months it proves nothing.
        ("500", "500", "600", [Advice.SETTLED]),
        (None, "500", "0", []),
    ],
)
def test_what_is_claimed_is_compared_with_what_has_not_settled(
    claimed: str | None, net: str, settled: str, expected: list[Advice]
) -> None:
    month = MonthFacts(MARCH, {"gate_vendor": Decimal(20)}, net=Decimal(net))
    month.settled = Decimal(settled)
    known = Known(frozenset({MARCH}), frozenset({MARCH}))
    given = Decimal(claimed) if claimed else None
    assert [*advise(given, [month], known, on_roster=True)] == expected


def test_what_nobody_told_speaks_against_nobody() -> None:
    silent = Known(frozenset(), frozenset())
    assert [*advise(Decimal(1), [MonthFacts(MARCH)], silent, on_roster=True)] == [Advice.NO_SHEET]
