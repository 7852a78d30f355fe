"""The quality book: what became of what each rule fired, and how soon people knew and proved it."""

import io
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from python_calamine import CalamineWorkbook

from services.cases.rules.items import WatchKind
from services.cases.rules.proofs import ACCEPTED
from services.cases.rules.quality import KINDS, REASONS
from services.cases.service import service
from shared.db import Session
from shared.events.alerts import AlertAcknowledged
from tests.cases import factories as make
from tests.cases.factories import COUNTY, NEIGHBOUR, TOWN, an_id, at
from tests.cases.test_arrears import CASES, told
from tests.fixtures.service import Time, Token

BOOK = "/cases/v1/quality-book"
inspector = pytest.mark.caller("inspector", areas=[COUNTY], subject="inspector-1")
COUNTS = ("fired", "confirmed", "false_data_late", "false_exempt", "false_error", "ended", "open")
TIMES = ("lead_days", "notice_hours", "acknowledge_hours", "proof_hours")


async def heard(session: Session, item_id: UUID, when: datetime) -> None:
    """Let somebody answer for an item."""
    event = AlertAcknowledged(
        watch_item_id=item_id, alert_id=an_id("alert"), area_code=COUNTY, occurred_at=when,
        acknowledged_by="somebody", acknowledged_at=when,
    )  # fmt: skip
    await service.handles[AlertAcknowledged](session, event)


async def _lived(session: Session) -> None:
    """Let three misses and two conditions be told, and what became of them."""
    await make.world(session)
    right = await make.open_item(session, make.missed("2023-05", "p"))
    assert right.opened_at == at("2023-05-26 00:00")
    for when in ("2023-05-26 02:00", "2023-05-26 04:00"):
        event = make.notices(when[:7], when, when[-5:-3], item_id=right.id)
        await service.handles[type(event)](session, event)
    await heard(session, right.id, at("2023-05-26 06:00"))
    await make.tell(session, make.received("2023-05", "0.00", "2023-05-27 10:00", "p"))
    await make.open_item(session, make.missed("2023-05", "q"))
    late = make.received("2023-05", "0.00", "2023-05-27 11:00", "q", in_time=True)
    await make.tell(session, late)
    card = make.card("s", area_code=TOWN)
    still = await make.open_item(session, make.missed("2023-05", "s", area_code=TOWN, card=card))
    event = make.notices("2023-05", "2023-05-26 04:00", "sms", item_id=still.id)
    await service.handles[type(event)](session, event)
    elsewhere = make.card("n", area_code=NEIGHBOUR)
    await make.open_item(session, make.missed("2023-05", "n", area_code=NEIGHBOUR, card=elsewhere))
    await make.tell(
        session,
        make.found("no_systems", "2023-05-26", "2023-05-28 10:00"),
        make.ended("no_systems", "2023-05-29 10:00", "exempted"),
        make.found("no_systems", "2023-05-26", "2023-05-29 11:00", "t"),
        make.ended("no_systems", "2023-05-29 12:00", "works_not_started", "t"),
    )


def shown(book: dict[str, Any], *names: str) -> dict[tuple[str, str | None], tuple[Any, ...]]:
    return {
        (one["kind"], one["area_code"]): tuple(one[name] for name in names) for one in book["items"]
    }


@inspector
async def test_a_rule_is_judged_by_what_became_of_its_items_and_how_soon_people_knew(
    session: Session, client: AsyncClient, *, time: Time, token: Token
) -> None:
    await _lived(session)
    await session.flush()  # The app's own transactions must see it.
    time.move_to(at("2023-05-31 10:00"))
    # What the first warned of came true five days and ten hours later.
    case = await client.post(CASES, json=told(project_id=str(an_id("p"))))
    assert case.status_code == 201, case.text
    book = (await client.get(BOOK)).json()
    assert book["total"] == 5
    assert shown(book, *COUNTS) == {
        ("transfer_missed", None): (3, 1, 1, 0, 0, 0, 1),
        ("transfer_missed", COUNTY): (2, 1, 1, 0, 0, 0, 0),
        ("transfer_missed", TOWN): (1, 0, 0, 0, 0, 0, 1),
        ("no_systems", None): (2, 0, 0, 1, 1, 0, 0),
        ("no_systems", COUNTY): (2, 0, 0, 1, 1, 0, 0),
    }
    hours = shown(book, *TIMES)
    assert hours["transfer_missed", COUNTY] == ("5.42", "2.00", "6.00", "34.00")
    assert hours["transfer_missed", None] == ("5.42", "3.00", "6.00", "34.00")
    assert hours["transfer_missed", TOWN] == (None, "4.00", None, None)
    some = {"opened_from": "2023-05-27", "opened_until": "2023-05-28", "kind": "no_systems"}
    book = (await client.get(BOOK, params=some)).json()
    assert (book["total"], shown(book, "fired")) == (
        1, {("no_systems", None): (1,), ("no_systems", COUNTY): (1,)},
    )  # fmt: skip
    file = await client.get(f"{BOOK}/file", params={"area_code": COUNTY})
    assert file.status_code == 200, file.text
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(file.content)).get_sheet_by_name(
        "预警质量台账"
    )
    rows = {(row[2], row[3]): row[4:11] for row in sheet.to_python()[3:]}
    assert rows["transfer_missed", "合计"] == [3, 1, 1, 0, 0, 0, 1]
    assert rows["transfer_missed", TOWN] == [1, 0, 0, 0, 0, 0, 1]
    payer = token("developer", areas=[COUNTY], org=make.DEVELOPER, subject="payer")
    assert (await client.get(BOOK, headers=payer)).status_code == 403


def test_each_word_of_the_table_closes_some_kind_and_each_kind_has_a_name() -> None:
    codes = {proof.code for proofs in ACCEPTED.values() for proof in proofs}
    assert set(REASONS) <= codes
    assert set(KINDS) == set(WatchKind) - {WatchKind.CANARY}
