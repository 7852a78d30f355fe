"""Feeds that fall silent: from two services' clocks to their owner's and the operators' notices.

A finance bureau tells of its payments by the 5th working day of each month, 18:00; the county's
province calls each working day by 10:00. 29 April to 3 May 2023 are off, Saturday 6 May is worked.
"""

from datetime import datetime

from services.demo.stage import Stage
from shared import clock
from tests.fixtures.processes import Town
from tests.flows.came import china
from tests.flows.folder import credit_code

COUNTY = "422828"
OWNER, OPERATOR = "县财政局经办", "平台运维"
AREAS = {"0": "全国", "42": "湖北省", "4228": "恩施州", COUNTY: "鹤峰县"}


def at(said: str) -> datetime:
    return datetime.fromisoformat(f"2023-{said}").replace(tzinfo=clock.BEIJING)


async def enter(town: Town, stage: Stage) -> dict[str, str]:
    """Enter the county with its bureau and a province's key, and who is told; give ids by name."""
    post = town.client.call
    areas: list[dict[str, str]] = []
    for code, name in AREAS.items():
        above = {"parent_code": areas[-1]["code"]} if areas else {}
        areas.append({"code": code, "name": name, "valid_from": "2000-01-01", **above})
    await post("POST", "/registry/v1/areas", body={"items": areas})
    await post("POST", "/registry/v1/calendars", body={"area_code": "0", "year": 2023})
    bureau = await post(
        "POST", "/registry/v1/organisations",
        body={"credit_code": credit_code("1"), "name": "县财政局", "area_code": COUNTY,
              "roles": ["finance_bureau"]},
    )  # fmt: skip
    key = await post(
        "POST", "/registry/v1/api-keys",
        body={"name": "省平台", "areas": [COUNTY], "roles": ["provincial_system"]},
    )  # fmt: skip
    ids = {"bureau": bureau["id"], "key": key["id"], "secret": key["key"]}
    people = ((OWNER, "finance_bureau", bureau["id"]), (OPERATOR, "operator", None))
    for who, role, org in people:
        said = {"title": who, "roles": [role], "area_code": COUNTY, "channels": ["inbox"]}
        made = await post("POST", "/alerts/v1/recipients", body=said | {"org_id": org})
        ids[made["id"]] = who
    await stage.settle()
    return ids


async def story(town: Town) -> dict[tuple[str, str], list[tuple[str, str, str]]]:
    """Give what happened to each item, by kind of feed and day: when, what, on which level."""
    told = {}
    for item in await town.client.everything("/cases/v1/watch-items", kind="feed_silent"):
        full = await town.client.call("GET", f"/cases/v1/watch-items/{item['id']}")
        told[item["facts"][0], item["period"]] = [
            (f"{china(one['at']):%m-%d %H:%M}", one["what"], one["level"])
            for one in full["timeline"]
        ]
    return told


async def receivers(town: Town, names: dict[str, str]) -> dict[tuple[str, str], set[str]]:
    """Give who was told of each alert, by its day and level."""
    told: dict[tuple[str, str], set[str]] = {}
    for one in await town.client.everything("/alerts/v1/alerts"):
        alert = await town.client.call("GET", f"/alerts/v1/alerts/{one['id']}")
        assert alert["kind"] == "feed_silent", "nobody else is told of anything, no dead end either"
        told[alert["period"], alert["level"]] = {
            names[notice["recipient_id"]] for notice in alert["notices"]
        }
    return told


async def hear_of(town: Town, ids: dict[str, str]) -> None:
    """Let the bureau tell that it sent nothing, and the province's machine read its leads."""
    sent = {"area_code": COUNTY, "payments": []}
    await town.client.call(
        "POST", "/payroll/v1/treasury-payments", role="finance_bureau", area=COUNTY, body=sent
    )
    headers = {"authorization": f"Bearer {ids['secret']}"}
    url = f"{town.client.bases['cases']}/cases/v1/leads"
    answer = await town.client.http.get(url, headers=headers)
    assert answer.status_code == 200, answer.text


async def test_silences_reach_owner_and_operators_and_end_when_feeds_are_back(
    household: Town,
) -> None:
    stage = Stage(household.client)
    await stage.go(at("04-27 11:00"))
    ids = await enter(household, stage)
    about = {"area_code": COUNTY, "unit_id": ids["bureau"], "valid_from": "2023-04-27"}
    treasury = about | {"kind": "treasury", "name": "县财政局拨付清单"}
    province = about | {"kind": "provincial_client", "name": "省平台", "source_id": ids["key"]}
    await household.client.call("POST", "/payroll/v1/expectations", body=treasury)
    await household.client.call("POST", "/cases/v1/expectations", body=province)
    await stage.happened(at("04-27 11:00"))
    await stage.go(at("05-10 12:00"))
    await hear_of(household, ids)
    await stage.happened(at("05-10 12:00"))
    await stage.go(at("05-10 13:00"))
    assert await story(household) == {
        ("provincial_client", "2023-04-28"): [
            ("04-28 10:00", "opened", "blue"),
            ("05-04 09:00", "raised", "yellow"),
            ("05-06 09:00", "raised", "orange"),
            ("05-09 09:00", "raised", "red"),
            ("05-10 09:00", "step_reached", "red"),
            ("05-10 12:00", "closed", "red"),
        ],
        ("treasury", "2023-05-09"): [
            ("05-09 18:00", "opened", "blue"),
            ("05-10 09:00", "raised", "yellow"),
            ("05-10 12:00", "closed", "yellow"),
        ],
    }
    told = await receivers(household, ids)
    assert set(told) == {
        *(("2023-04-28", level) for level in ("blue", "yellow", "orange", "red")),
        ("2023-05-09", "blue"),
        ("2023-05-09", "yellow"),
    }
    assert set(map(frozenset, told.values())) == {frozenset({OWNER, OPERATOR})}
    assert await household.client.everything("/cases/v1/proposals") == []
