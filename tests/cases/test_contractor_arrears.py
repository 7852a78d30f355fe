"""L2.9: a developer reports a contractor who owes wages although the money came."""

from datetime import datetime
from typing import Any

import pytest
from httpx import AsyncClient

from services.cases import handlers
from shared.db import Session
from shared.events.registry import ProjectRegistered
from tests.cases import factories as make
from tests.cases.factories import CONTRACTOR, COUNTY, DEVELOPER, NEIGHBOUR, TOWN, an_id, at
from tests.cases.test_arrears import CASES, MORNING
from tests.cases.test_case_routing import BUILDING, lay
from tests.fixtures.service import Time, Token

PATH = "/cases/v1/contractor-arrears"
SAID: dict[str, Any] = {
    "project_id": str(an_id("p")), "months": "2023-03..2023-04", "workers": 12,
    "amount": "86000.00", "text": "已足额拨付人工费，总包仍未发放", "external_id": "业主-1",
}  # fmt: skip


@pytest.fixture(autouse=True)
async def _world(session: Session, time: Time) -> None:
    time.move_to(at(MORNING))
    await make.world(session)
    site = ProjectRegistered(project_id=an_id("p"), project=make.card(area_code=TOWN))
    await handlers.on_project_registered(session, site)
    await session.flush()  # The app's own transactions must see it.


@pytest.mark.caller("developer", areas=[COUNTY], subject="owner", org=DEVELOPER)
async def test_a_developer_reports_its_contractor_into_the_one_queue_and_reads_no_case(
    client: AsyncClient, token: Token
) -> None:
    await lay(client, token)
    made, again = [await client.post(PATH, json=SAID) for _ in range(2)]
    assert (made.status_code, again.status_code) == (201, 201), made.text
    for answer in (made.json(), again.json()):
        assert (answer["project_id"], answer["unit_id"]) == (str(an_id("p")), str(BUILDING))
        assert datetime.fromisoformat(answer["received_at"]) == at(MORNING)
    office = token("wage_office", areas=[COUNTY], subject="office")
    [case] = (await client.get(CASES, headers=office)).json()["items"]
    assert (case["channel"], case["employer_id"], case["area_code"], case["stage"]) == (
        "developer", str(CONTRACTOR), TOWN, "received",
    )  # fmt: skip
    assert (case["workers_told"], case["amount_told"], case["opened_by"]) == (
        12, "86000.00", "owner",
    )  # fmt: skip
    [report] = (await client.get(f"{CASES}/{case['id']}/reports", headers=office)).json()["items"]
    assert (report["speaker"], "text" in report) == ("body", False)
    assert (await client.get(CASES)).status_code == 403
    other = await client.post(PATH, json=SAID | {"amount": "1.00"})
    assert (other.status_code, other.json()["type"]) == (409, "/problems/report-taken")
    # Of a site of another developer, or one that is nowhere in his areas, he says nothing.
    for who in (
        token("developer", areas=[COUNTY], subject="else", org=an_id("else")),
        token("developer", areas=[NEIGHBOUR], subject="far", org=DEVELOPER),
    ):
        refused = await client.post(PATH, json=SAID | {"external_id": "2"}, headers=who)
        assert (refused.status_code, refused.json()["type"]) == (404, "/problems/project-unknown")
    contractor = token("contractor", areas=[COUNTY], subject="site", org=CONTRACTOR)
    assert (await client.post(PATH, json=SAID, headers=contractor)).status_code == 403
