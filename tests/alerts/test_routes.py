"""The HTTP door of alerts: status, body, problem."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy import LargeBinary, select

from services.alerts import handlers
from services.alerts.models import Alert, Endpoint, Recipient
from services.alerts.rules.deliveries import Channel, DeliveryState
from shared import clock
from shared.db import AuditRow, Session, Sessions
from tests.alerts import factories, looking
from tests.alerts.factories import CONTRACTOR, COUNTY, DEVELOPER, NEIGHBOUR, TOWN
from tests.alerts.postbox import Postbox
from tests.fixtures.service import Time, Token

MORNING = clock.at(date(2023, 4, 26), 10)
office = pytest.mark.caller("wage_office", areas=[COUNTY])
subscriber = pytest.mark.caller("subscriber", areas=[COUNTY], org=CONTRACTOR)


@pytest.fixture(autouse=True)
async def _morning(session: Session, time: Time) -> None:
    await factories.areas(session)
    time.move_to(MORNING)


async def a_yellow_alert(session: Session, **changes: Any) -> Alert:
    """Raise an alert; the app sees it."""
    await handlers.on_watch_item_opened(session, factories.opened(level="yellow", **changes))
    found = await looking.alerts(session, kind="transfer_missed")
    return found[-1]


def problem(body: dict[str, Any]) -> str:
    return str(body["type"]).removeprefix("/problems/")


def findings(body: dict[str, Any]) -> dict[str, str]:
    return {error["place"]: error["code"] for error in body["errors"]}


# ---- alerts ----------------------------------------------------------------------------------


@office
async def test_alerts_are_listed_in_the_callers_areas(
    session: Session, client: AsyncClient
) -> None:
    ours = await a_yellow_alert(session)
    await a_yellow_alert(session, project=factories.card(area_code=NEIGHBOUR))
    said = (await client.get("/alerts/v1/alerts", params={"kind": "transfer_missed"})).json()
    assert [item["id"] for item in said["items"]] == [str(ours.id)]
    (item,) = said["items"]
    assert (item["level"], item["state"], item["lacking"]) == ("yellow", "raised", "1200.50")
    assert said["next"] is None


@pytest.mark.caller("contractor", areas=[COUNTY], org=CONTRACTOR)
async def test_a_contractor_sees_only_what_it_takes_part_in(
    session: Session, client: AsyncClient
) -> None:
    own = await a_yellow_alert(session)
    await a_yellow_alert(session, project=factories.card(contractor_id=uuid4()))
    said = (await client.get("/alerts/v1/alerts")).json()
    assert [item["id"] for item in said["items"]] == [str(own.id)]


@pytest.mark.caller("provincial_system", areas=["42"])
async def test_alerts_are_synced_since_an_instant(session: Session, client: AsyncClient) -> None:
    alert = await a_yellow_alert(session)
    since = {"changed_after": "2023-04-01T00:00:00+08:00", "limit": "1"}
    said = (await client.get("/alerts/v1/alerts", params=since)).json()
    seen = [item["id"] for item in said["items"]]
    while said["items"]:
        said = (await client.get("/alerts/v1/alerts", params={"cursor": said["next"]})).json()
        seen += [item["id"] for item in said["items"]]
    assert str(alert.id) in seen
    assert said["next"]


@office
async def test_an_alert_shows_its_timeline_and_who_was_told_why(
    session: Session, client: AsyncClient
) -> None:
    person = await factories.recipient(session, "developer", org_id=DEVELOPER)
    alert = await a_yellow_alert(session)
    said = (await client.get(f"/alerts/v1/alerts/{alert.id}")).json()
    assert [entry["entry"] for entry in said["timeline"]] == ["raised", "told"]
    (notice,) = said["notices"]
    assert (notice["recipient_id"], notice["reason"]) == (str(person.id), "raised")
    assert notice["trace"]["route"] == "yellow"
    assert [delivery["channel"] for delivery in notice["deliveries"]] == ["inbox"]


@pytest.mark.caller("wage_office", areas=[NEIGHBOUR])
async def test_a_neighbours_alert_is_not_found(session: Session, client: AsyncClient) -> None:
    alert = await a_yellow_alert(session)
    for answer in (
        await client.get(f"/alerts/v1/alerts/{alert.id}"),
        await client.post(f"/alerts/v1/alerts/{alert.id}/acknowledge", json={}),
    ):
        assert (answer.status_code, problem(answer.json())) == (404, "not-found")


@pytest.mark.caller("developer", areas=[COUNTY], org=DEVELOPER, subject="head")
async def test_an_alert_is_acknowledged_with_a_promise(
    session: Session, client: AsyncClient
) -> None:
    alert = await a_yellow_alert(session)
    path, body = f"/alerts/v1/alerts/{alert.id}/acknowledge", {"promised_on": "2023-04-28"}
    answer = await client.post(path, json=body)
    said = answer.json()
    assert answer.status_code == 200
    assert (said["state"], said["acknowledged_by"]) == ("acknowledged", "head")
    assert (said["promised_on"], said["acknowledged_at"]) == (
        "2023-04-28", "2023-04-26T02:00:00Z",
    )  # fmt: skip
    other = await client.post(path, json={"promised_on": "2023-05-31"})
    assert (other.status_code, problem(other.json())) == (409, "alert-answered")


@pytest.mark.caller("developer", areas=[COUNTY], org=DEVELOPER)
async def test_a_promise_in_the_past_is_refused(session: Session, client: AsyncClient) -> None:
    alert = await a_yellow_alert(session)
    path = f"/alerts/v1/alerts/{alert.id}/acknowledge"
    answer = await client.post(path, json={"promised_on": "2023-04-25"})
    assert (answer.status_code, problem(answer.json())) == (422, "promise-in-the-past")
    # The end of that day would be no instant.
    answer = await client.post(path, json={"promised_on": "9999-12-31"})
    assert findings(answer.json()) == {"body.promised_on": "less_than"}


async def test_the_inbox_holds_what_the_caller_was_told(
    session: Session, client: AsyncClient, token: Token
) -> None:
    await factories.recipient(session, "developer", org_id=DEVELOPER)
    await factories.recipient(session, "inspector")
    await factories.recipient(session, "responsible_person", person_id=factories.PERSON,
                              subject="li")  # fmt: skip
    alert = await a_yellow_alert(session)
    callers = {
        "its developer": token("developer", areas=[COUNTY], org=DEVELOPER),
        "another developer": token("developer", areas=[COUNTY], org=uuid4()),
        "its developer elsewhere": token("developer", areas=[NEIGHBOUR], org=DEVELOPER),
        "its inspector": token("inspector", areas=[COUNTY]),
        "another inspector": token("inspector", areas=[NEIGHBOUR]),
        "the person": token("co_inspector", areas=[COUNTY], subject="li"),
        "another person": token("co_inspector", areas=[COUNTY], subject="wu"),
    }
    found = {}
    for name, headers in callers.items():
        said = (await client.get("/alerts/v1/inbox", headers=headers)).json()
        found[name] = [item["alert"]["id"] for item in said["items"]]
    assert found == {
        "its developer": [str(alert.id)], "another developer": [],
        "its developer elsewhere": [],
        "its inspector": [str(alert.id)], "another inspector": [],
        "the person": [str(alert.id)], "another person": [],
    }  # fmt: skip


# ---- routes ----------------------------------------------------------------------------------

Enter = Callable[..., Awaitable[tuple[int, dict[str, Any]]]]


@pytest.fixture
def enter(client: AsyncClient) -> Enter:
    """Give a function that posts a route, a good one but for what is changed."""

    async def post(**changes: Any) -> tuple[int, dict[str, Any]]:
        body = {
            "area_code": COUNTY, "code": "blue", "valid_from": "2023-04-26", "levels": ["blue"],
            "receivers": ["town"], "source": "县治欠办通知",
            "steps": [{"wait": 2, "unit": "wh", "again": True, "repeats": True}],
        }  # fmt: skip
        answer = await client.post("/alerts/v1/routes", json=body | changes)
        said: dict[str, Any] = answer.json()
        return answer.status_code, said

    return post


@office
async def test_a_route_is_entered_in_versions(enter: Enter) -> None:
    first, second = await enter(), await enter(receivers=["town", "inspector"])
    assert (first[0], second[0]) == (201, 201)
    assert (first[1]["version"], second[1]["version"]) == (1, 2)
    assert second[1]["opens"] == "09:00:00"


@office
async def test_the_routes_of_a_county_and_those_above_it_are_listed(
    client: AsyncClient, enter: Enter
) -> None:
    await enter()
    said = (await client.get("/alerts/v1/routes", params={"limit": 200})).json()
    areas = {(item["area_code"], item["code"]) for item in said["items"]}
    assert (COUNTY, "blue") in areas
    assert ("0", "red.government") in areas
    national = next(item for item in said["items"] if item["code"] == "bank_feed_late")
    assert national["receivers"] == ["bank", "operator"]
    assert national["certainty"] == "C"


@pytest.mark.caller("wage_office")
async def test_versions_entered_at_once_follow_each_other(sessions: Sessions, enter: Enter) -> None:
    made = await asyncio.gather(*(enter() for _ in range(4)))
    assert sorted((status, said.get("version")) for status, said in made) == [
        (201, 1), (201, 2), (201, 3), (201, 4),
    ]  # fmt: skip


@office
async def test_a_route_for_another_area_is_not_found(enter: Enter) -> None:
    for code in (NEIGHBOUR, "42", "0"):
        status, said = await enter(area_code=code)
        assert (status, problem(said)) == (404, "area-unknown")


@office
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"steps": [{"wait": 2, "unit": "wh", "again": True}]}, "last_repeats"),
        ({"steps": [{"wait": 2, "unit": "wh", "repeats": True}]}, "tells_nobody"),
        ({"steps": [{"wait": 0, "unit": "wh", "again": True}]}, "greater_than_equal"),
        ({"receivers": ["mayor"]}, "receiver_unknown"),
        ({"opens": "18:00"}, "hours"),
        ({"opens": "09:00+08:00"}, "hours"),
        ({"closes": "17:30Z"}, "hours"),
        ({"source": "某通知\0"}, "string_pattern_mismatch"),
        ({"levels": ["\0"]}, "string_pattern_mismatch"),
        ({"area_code": "４２２８２８"}, "area_code"),
        ({"area_code": "4228281"}, "area_code"),
        ({"more": 1}, "extra_forbidden"),
    ],
)
async def test_a_route_that_could_fall_silent_or_makes_no_sense_is_refused(
    enter: Enter, changes: dict[str, Any], code: str
) -> None:
    status, said = await enter(**changes)
    assert status == 422
    assert code in findings(said).values()


# ---- recipients ------------------------------------------------------------------------------

PERSON = {
    "title": "治欠办值班室", "roles": ["wage_office"], "area_code": COUNTY,
    "phone": "138 1234 5678", "mail": "Office@example.org",
}  # fmt: skip


@office
async def test_a_recipients_addresses_are_sealed_and_masked(
    session: Session, client: AsyncClient
) -> None:
    answer = await client.post("/alerts/v1/recipients", json=PERSON)
    said = answer.json()
    assert (answer.status_code, said["version"]) == (201, 1)
    assert (said["mail"], said["from_on"]) == ("O***@example.org", "2023-04-26")
    assert "1234" not in said["phone"]
    rows = await session.execute(select(Recipient.__table__.c.phone.cast(LargeBinary)))
    assert b"1234" not in bytes(rows.scalar_one())
    audited = (await session.scalars(select(AuditRow))).all()
    assert "5678" not in str([(row.before, row.after) for row in audited])


@office
async def test_a_recipient_is_found_by_its_whole_number_however_it_is_typed(
    client: AsyncClient,
) -> None:
    made = (await client.post("/alerts/v1/recipients", json=PERSON)).json()
    find = "/alerts/v1/recipients/find"
    for asked in ({"phone": "+86 13812345678"}, {"mail": "office@EXAMPLE.org"}):
        said = (await client.post(find, json=asked)).json()
        assert [item["id"] for item in said["items"]] == [made["id"]]
    assert (await client.post(find, json={"phone": "13812345679"})).json()["items"] == []
    assert (await client.post(find, json={})).status_code == 422


@office
async def test_clear_addresses_are_shown_with_a_purpose_and_recorded(
    session: Session, client: AsyncClient
) -> None:
    made = (await client.post("/alerts/v1/recipients", json=PERSON)).json()
    path = f"/alerts/v1/recipients/{made['id']}/reveal"
    assert (await client.post(path, json={})).status_code == 422
    said = (await client.post(path, json={"purpose": "电话核实值班"})).json()
    assert said == {"id": made["id"], "phone": "138 1234 5678", "mail": "Office@example.org"}
    row = await session.scalar(select(AuditRow).where(AuditRow.action == "reveal"))
    assert row is not None
    assert (row.actor, row.row_id) == ("tester", made["id"])
    assert row.after == {"purpose": "电话核实值班", "fields": ["phone", "mail"]}


@pytest.mark.caller("operator")
async def test_an_operator_may_enter_but_not_reveal(client: AsyncClient) -> None:
    made = (await client.post("/alerts/v1/recipients", json=PERSON)).json()
    answer = await client.post(
        f"/alerts/v1/recipients/{made['id']}/reveal", json={"purpose": "just looking"}
    )
    assert answer.status_code == 403


@office
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "值班\0室"),
        ("subject", "\0"),
        ("mail", "a\0@example.org"),
        ("mail", "a\u007f@b.cn"),
    ],
)
async def test_no_control_characters_are_taken(client: AsyncClient, field: str, value: str) -> None:
    answer = await client.post("/alerts/v1/recipients", json=PERSON | {field: value})
    assert findings(answer.json()) == {f"body.{field}": "string_pattern_mismatch"}
    made = (await client.post("/alerts/v1/recipients", json=PERSON)).json()
    path = f"/alerts/v1/recipients/{made['id']}"
    answer = await client.patch(path, json={"version": 1, field: value})
    assert findings(answer.json()) == {f"body.{field}": "string_pattern_mismatch"}
    answer = await client.post(f"{path}/reveal", json={"purpose": "核实\0值班"})
    assert findings(answer.json()) == {"body.purpose": "string_pattern_mismatch"}


@pytest.mark.caller("operator")
@pytest.mark.parametrize("query", ["alerts?level=%00", "deliveries?type=%00"])
async def test_a_filter_with_a_nul_is_a_finding(client: AsyncClient, query: str) -> None:
    answer = await client.get(f"/alerts/v1/{query}")
    assert list(findings(answer.json()).values()) == ["string_pattern_mismatch"]


@office
async def test_a_recipient_is_changed_by_version(client: AsyncClient) -> None:
    made = (await client.post("/alerts/v1/recipients", json=PERSON)).json()
    path = f"/alerts/v1/recipients/{made['id']}"
    said = (await client.patch(path, json={"version": 1, "phone": None, "title": "值班"})).json()
    assert (said["phone"], said["mail"], said["title"]) == (None, "O***@example.org", "值班")
    assert said["version"] == 2
    stale = await client.patch(path, json={"version": 1, "title": "x"})
    assert (stale.status_code, problem(stale.json())) == (409, "stale")
    assert (await client.get(path)).json()["title"] == "值班"


@office
async def test_recipients_of_a_town_belong_to_its_county_and_others_do_not(
    session: Session, client: AsyncClient
) -> None:
    town = await factories.recipient(session, "town", area_code=TOWN)
    other = await factories.recipient(session, "town", area_code=NEIGHBOUR)
    said = (await client.get("/alerts/v1/recipients", params={"role": "town"})).json()
    assert [item["id"] for item in said["items"]] == [str(town.id)]
    assert (await client.get(f"/alerts/v1/recipients/{other.id}")).status_code == 404


@office
@pytest.mark.parametrize(
    "span",
    [
        {"from_at": "0001-01-01T00:00:00+14:00", "until_at": "2023-05-04T00:00:00+08:00"},
        {"from_at": "2023-05-04T00:00:00+08:00", "until_at": "9999-12-31T23:59:59-14:00"},
    ],
)
async def test_a_duty_at_the_ends_of_time_is_refused(
    session: Session, client: AsyncClient, span: dict[str, str]
) -> None:
    person = await factories.recipient(session, "wage_office")
    body = {"area_code": COUNTY, "recipient_id": str(person.id)} | span
    answer = await client.post("/alerts/v1/duty-rosters", json=body)
    assert len(findings(answer.json())) == 1


@office
async def test_a_duty_is_entered_for_the_callers_own_people(
    session: Session, client: AsyncClient
) -> None:
    person = await factories.recipient(session, "wage_office")
    stranger = await factories.recipient(session, "wage_office", area_code=NEIGHBOUR)
    body = {
        "area_code": COUNTY, "from_at": "2023-04-29T00:00:00+08:00",
        "until_at": "2023-05-04T00:00:00+08:00", "recipient_id": str(person.id),
    }  # fmt: skip
    made = await client.post("/alerts/v1/duty-rosters", json=body)
    assert made.status_code == 201
    listed = (await client.get("/alerts/v1/duty-rosters")).json()
    assert [item["id"] for item in listed["items"]] == [made.json()["id"]]
    other = await client.post(
        "/alerts/v1/duty-rosters", json=body | {"recipient_id": str(stranger.id)}
    )
    assert (other.status_code, problem(other.json())) == (404, "recipient-unknown")
    late = await client.post("/alerts/v1/duty-rosters", json=body | {"until_at": body["from_at"]})
    assert "span" in findings(late.json()).values()


# ---- endpoints and deliveries ----------------------------------------------------------------


def endpoint_body(url: str, **changes: Any) -> dict[str, Any]:
    """Give the body of an endpoint that asks for openings in the county."""
    return {
        "url": url, "types": ["cases.watch_item_opened.v1"], "areas": [COUNTY],
    } | changes  # fmt: skip


@subscriber
async def test_the_secret_of_an_endpoint_is_shown_once_and_kept_sealed(
    session: Session, client: AsyncClient, postbox: Postbox
) -> None:
    body = endpoint_body(postbox.url)
    answer = await client.post(
        "/alerts/v1/endpoints", json=body, headers={"idempotency-key": "one"}
    )
    made = answer.json()
    assert answer.status_code == 201
    assert made["secret"].startswith("whsec_")
    assert (made["org_id"], made["state"]) == (str(CONTRACTOR), "active")
    again = await client.post("/alerts/v1/endpoints", json=body, headers={"idempotency-key": "one"})
    assert again.status_code == 422  # a secret is not repeated
    shown = (await client.get(f"/alerts/v1/endpoints/{made['id']}")).json()
    assert "secret" not in shown
    kept = await session.get_one(Endpoint, UUID(made["id"]))
    assert kept.secret == made["secret"]


@subscriber
@pytest.mark.usefixtures("postbox")
async def test_a_company_subscribes_only_to_its_own_matters_and_areas(
    client: AsyncClient, postbox: Postbox
) -> None:
    refused = {
        "own-only": endpoint_body(postbox.url, org_id=str(DEVELOPER)),
        "area-unknown": endpoint_body(postbox.url, areas=[COUNTY, NEIGHBOUR]),
    }
    for slug, body in refused.items():
        answer = await client.post("/alerts/v1/endpoints", json=body)
        assert problem(answer.json()) == slug


@subscriber
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/hook",
        "https://10.0.0.1/",
        "https://[::ffff:127.0.0.1]/",
        "https://169.254.169.254/latest",
        "https://user:pass@example.org/",
        "http://example.org/",
    ],
)
async def test_an_address_inside_the_house_is_refused_at_once(
    client: AsyncClient, url: str
) -> None:
    answer = await client.post("/alerts/v1/endpoints", json=endpoint_body(url))
    assert (answer.status_code, problem(answer.json())) == (422, "target-refused")
    assert answer.json()["detail"]


@subscriber
async def test_an_endpoint_is_changed_disabled_and_enabled(
    session: Session, client: AsyncClient, postbox: Postbox
) -> None:
    made = (await client.post("/alerts/v1/endpoints", json=endpoint_body(postbox.url))).json()
    path = f"/alerts/v1/endpoints/{made['id']}"
    await a_yellow_alert(session)
    off = (await client.patch(path, json={"version": 1, "state": "disabled"})).json()
    assert (off["state"], off["state_reason"]) == ("disabled", "by its owner")
    (stopped,) = await looking.deliveries(session, channel=Channel.WEBHOOK)
    await session.refresh(stopped)
    assert stopped.state is DeliveryState.STOPPED
    on = (await client.patch(path, json={"version": 2, "state": "active"})).json()
    assert (on["state"], on["state_reason"], on["version"]) == ("active", None, 3)
    inside = {"version": 3, "url": "https://10.0.0.1/"}
    assert (await client.patch(path, json=inside)).status_code == 422


async def test_endpoints_are_seen_by_their_owner_and_the_areas_office(
    session: Session, client: AsyncClient, token: Token
) -> None:
    own = await factories.endpoint(session, org_id=CONTRACTOR)
    wide = await factories.endpoint(session, areas=[COUNTY, "42"])
    callers = {
        "owner": token("subscriber", areas=[COUNTY], org=CONTRACTOR),
        "office": token("wage_office", areas=[COUNTY]),
        "neighbour": token("wage_office", areas=[NEIGHBOUR]),
        "province": token("wage_office", areas=["42"]),
        "operator": token("operator"),
    }
    found = {}
    for name, headers in callers.items():
        said = (await client.get("/alerts/v1/endpoints", headers=headers)).json()
        found[name] = {item["id"] for item in said["items"]}
    both = {str(own.id), str(wide.id)}
    assert found == {
        "owner": {str(own.id)}, "office": {str(own.id)}, "neighbour": set(), "province": both,
        "operator": both,
    }  # fmt: skip


@subscriber
async def test_a_subscriber_reads_the_log_of_its_own_deliveries(
    session: Session, client: AsyncClient
) -> None:
    own = await factories.endpoint(session, org_id=CONTRACTOR)
    await factories.endpoint(session)
    await factories.recipient(session, "contractor", org_id=CONTRACTOR)
    await a_yellow_alert(session)
    asked = {"channel": "webhook", "state": "waiting"}
    said = (await client.get("/alerts/v1/deliveries", params=asked)).json()
    (item,) = said["items"]
    assert (item["endpoint_id"], item["type"]) == (str(own.id), "cases.watch_item_opened.v1")
    detail = (await client.get(f"/alerts/v1/deliveries/{item['id']}")).json()
    assert (detail["made_attempts"], detail["attempts"]) == (0, [])
    assert "secret" not in str(detail)


@subscriber
async def test_the_log_of_others_is_not_found(session: Session, client: AsyncClient) -> None:
    await factories.endpoint(session, areas=["42"])
    await a_yellow_alert(session)
    (theirs,) = await looking.deliveries(session, channel=Channel.WEBHOOK)
    assert (await client.get(f"/alerts/v1/deliveries/{theirs.id}")).status_code == 404


# ---- who may ---------------------------------------------------------------------------------


@pytest.mark.caller("developer", areas=[COUNTY], org=DEVELOPER)
async def test_a_developer_may_neither_write_routes_nor_see_recipients(
    client: AsyncClient,
) -> None:
    for answer in (
        await client.post("/alerts/v1/routes", json={}),
        await client.get("/alerts/v1/recipients"),
        await client.get("/alerts/v1/endpoints"),
        await client.get("/alerts/v1/deliveries"),
    ):
        assert answer.status_code == 403


async def test_without_a_token_nothing_is_told(client: AsyncClient) -> None:
    assert (await client.get("/alerts/v1/alerts")).status_code == 401


async def test_the_document_shows_what_is_pushed(client: AsyncClient) -> None:
    document = (await client.get("/alerts/openapi.json")).json()
    pushed = document["paths"]["/v1/endpoints"]["post"]["callbacks"]["push"]
    schema = pushed["{$request.body#/url}"]["post"]["requestBody"]["content"]["application/json"]
    assert schema["schema"]["$ref"].endswith("/WebhookBody")
