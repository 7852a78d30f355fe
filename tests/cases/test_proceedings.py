"""Proceedings beside cases: to the police, onto the list, before courts; each limit to the day."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from services.cases.models import ClockTerms, Proceeding, WatchItem
from services.cases.rules import proceedings as rules
from services.cases.rules.case_clocks import ClockKind
from services.cases.rules.proceedings import ProceedingStage
from services.cases.service import service
from shared import timers
from shared.db import Session
from tests.cases import factories as make
from tests.cases.factories import COUNTY, NEIGHBOUR, at
from tests.cases.test_arrears import CASES, Do, do, opened, sent
from tests.fixtures.service import Time, Token

__all__ = ["do"]

PROCEEDINGS = "/cases/v1/proceedings"
MORNING = "2023-05-31 10:00"
CODE = "91422801MA48ABCD12"
inspector = pytest.mark.caller("inspector", areas=[COUNTY], subject="inspector-1")
TERMS: dict[str, Any] = {
    "area_code": COUNTY, "version": 1, "valid_from": "2023-05-01", "basis": "省高院规定",
    "certainty": "B", "crime_months": 3, "crime_amount": "10000.00", "crime_workers": 10,
    "crime_total": "60000.00", "listing_months": 36, "removal_months": 6,
    "application_months": 3, "publication_months": 3,
}  # fmt: skip
Act = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture(autouse=True)
async def _world(session: Session, time: Time) -> None:
    time.move_to(at(MORNING))
    await make.world(session)
    await session.flush()  # The app's own transactions must see it.


@pytest.fixture
def act(client: AsyncClient) -> Act:
    """Do an act upon a proceeding as it stands, and give it as it is then."""

    async def step(one: dict[str, Any], act: str, **said: Any) -> dict[str, Any]:
        headers, refused = said.pop("headers", None), said.pop("refused", None)
        body = {"act": act, "version": one["version"], **said}
        done = await client.post(f"{PROCEEDINGS}/{one['id']}/steps", json=body, headers=headers)
        assert done.status_code == (refused or 200), done.text
        after: dict[str, Any] = done.json()
        return after

    return step


def running(one: dict[str, Any]) -> dict[str, str]:
    """Give when each clock that has not ended runs out, in Beijing."""
    return {
        clock[
            "kind"
        ]: f"{datetime.fromisoformat(clock['due_at']).astimezone(at(MORNING).tzinfo):%F %R}"
        for clock in one["clocks"]
        if clock["ended_at"] is None
    }


async def ordered(client: AsyncClient, do: Do, owed: str, **changes: Any) -> dict[str, Any]:
    """Bring a case as far as an order to pay within five working days, from 31 May on."""
    case = await do(await do(await opened(client, **changes), "sign"), "accept")
    row = {"name": "工人甲", "months": "2023-02..2023-04", "claimed": owed}
    case = (await sent(client, f"{CASES}/{case['id']}/lines", case, lines=[row]))["case"]
    case = await do(case, "inspect", done_on="2023-05-31", result="现场核查", officers=["甲", "乙"])
    case = await do(case, "finish", result="查实", officers=["甲", "乙"])
    number = "鹤人社监令〔2023〕1号"
    return await do(case, "decide", decision="correct", document_number=number, pay_within=5)


async def of_kind(client: AsyncClient, kind: str, **params: Any) -> dict[str, Any]:
    """Give the one proceeding of a kind with all that belongs to it."""
    [one] = (await client.get(PROCEEDINGS, params={"kind": kind, **params})).json()["items"]
    whole: dict[str, Any] = (await client.get(f"{PROCEEDINGS}/{one['id']}")).json()
    return whole


async def open_one(client: AsyncClient, case: dict[str, Any], kind: str, **said: Any) -> Any:  # noqa: ANN401 -- as JSON is
    made = await client.post(f"{CASES}/{case['id']}/proceedings", json={"kind": kind, **said})
    assert made.status_code == 201, made.text
    return made.json()


@inspector
async def test_who_is_ordered_and_does_not_pay_is_a_candidate_the_same_day(
    session: Session, client: AsyncClient, do: Do, act: Act, *, token: Token, time: Time
) -> None:
    await opened(client, external_id="H-0", own_case=True)
    case = await ordered(client, do, "12000.00", employer_name="某劳务公司")
    assert [one["due_at"] for one in case["clocks"] if one["kind"] == "payment"] == [
        "2023-06-07T16:00:00Z"
    ]
    # The province has fixed no amount yet: no rule judges.
    await make.pass_time(session, at("2023-06-08 08:00"))
    time.move_to(at("2023-06-08 09:00"))
    assert (await client.get(PROCEEDINGS)).json()["items"] == []
    office = token("wage_office", areas=[COUNTY], subject="office")
    stored = await client.post("/cases/v1/terms/enforcement", json=TERMS, headers=office)
    assert stored.status_code == 201, stored.text
    # A later order, which is not obeyed either.
    said = {"decision": "handle", "document_number": "处〔2023〕1号", "pay_within": 3}
    case = await do(await fresh(client, case), "decide", **said)
    await make.pass_time(session, at("2023-06-14 00:00"))
    time.move_to(at("2023-06-14 09:00"))
    found = (await client.get(PROCEEDINGS, params={"case_id": case["id"]})).json()["items"]
    assert {(one["kind"], one["stage"], one["by_rule"], one["amount"]) for one in found} == {
        (kind, "candidate", True, "12000.00") for kind in ("listing", "transfer", "publication")
    }  # fmt: skip
    assert {one["since_on"] for one in found} == {"2023-06-13"}
    listing = await of_kind(client, "listing")
    assert [one["act"] for one in listing["acts"]] == ["notify", "drop"]
    # Twenty working days from the day on which the order ran out; the Dragon Boat days are off.
    assert running(listing) == {"listing_decision": "2023-07-13 00:00"}
    assert running(await of_kind(client, "publication")) == {
        "publication_batch": "2023-07-01 00:00"
    }
    refused = await act(listing, "list", refused=409)
    assert (refused["type"], refused["acts"]) == (
        "/problems/act-not-possible", ["notify", "extend", "drop"],
    )  # fmt: skip
    lacking = await act(listing, "notify", refused=422, done_on="2023-06-14")
    assert [one["place"] for one in lacking["errors"]] == ["name", "credit_code", "document_number"]
    assert (await act(listing, "drop", refused=422))["errors"][0]["place"] == "reason"
    await make.pass_time(session, at("2023-07-13 09:00"))
    late = select(WatchItem).where(WatchItem.key.contains(f"{listing['id']}"))
    assert [one.kind for one in (await session.scalars(late)).all()] == ["case_step_overdue"]
    time.move_to(at("2023-07-13 10:00"))
    dropped = await act(listing, "drop", reason="已足额支付并承诺")
    assert (dropped["stage"], running(dropped)) == ("dropped", {})
    # What people have dropped is not proposed again by the same order.
    row = {"name": "工人乙", "months": "2023-04", "claimed": "50.00"}
    await sent(client, f"{CASES}/{case['id']}/lines", await fresh(client, case), lines=[row])
    assert len((await client.get(PROCEEDINGS)).json()["items"]) == 3


async def fresh(client: AsyncClient, case: dict[str, Any]) -> dict[str, Any]:
    """Read a case as it is now."""
    whole: dict[str, Any] = (await client.get(f"{CASES}/{case['id']}")).json()
    return whole


@inspector
async def test_a_listing_goes_from_notice_to_removal_by_two_persons_and_its_own_limits(
    session: Session, client: AsyncClient, do: Do, act: Act, *, token: Token, time: Time
) -> None:
    case = await ordered(client, do, "900.00")
    listing = await open_one(client, case, "listing", reason="群体性事件影响恶劣")
    twice = await client.post(
        f"{CASES}/{case['id']}/proceedings", json={"kind": "listing", "reason": "同上"}
    )
    assert [one["code"] for one in twice.json()["errors"]] == ["under_way"]
    paper = {"document_number": "告〔2023〕1号", "done_on": "2023-05-31"}
    listing = await act(listing, "notify", name="某劳务公司", credit_code=CODE, **paper)
    assert running(listing) == {
        "listing_objection": "2023-06-08 00:00", "listing_decision": "2023-06-30 00:00",
    }  # fmt: skip
    time.move_to(at("2023-06-07 10:00"))
    early = await act(listing, "list", refused=409, **paper)
    assert early["type"] == "/problems/second-person-needed"
    second = token("inspector", areas=[COUNTY], subject="inspector-2")
    early = await act(listing, "list", refused=422, headers=second, **paper)
    assert early["errors"][0]["code"] == "too_early"
    listing = await act(listing, "object", reason="已付大部分", done_on="2023-06-07")
    assert running(listing)["listing_answer"] == "2023-06-15 00:00"
    listing = await act(listing, "answer", reason="异议不成立", done_on="2023-06-07")
    office = token("wage_office", areas=[COUNTY], subject="office")
    far = await act(listing, "extend", refused=422, headers=office, days=21, reason="复杂")
    assert far["errors"][0]["code"] == "too_long"
    listing = await act(listing, "extend", headers=office, days=20, reason="案情复杂")
    assert running(listing) == {"listing_decision": "2023-07-28 00:00"}
    listing = await act(listing, "list", headers=second, **paper)
    assert (listing["stage"], running(listing)) == (
        "listed", {"listing_period": "2026-06-01 00:00"},
    )  # fmt: skip
    files = {"file": ("p.pdf", b"%PDF-1.7 x", "application/pdf")}
    promise = (await client.post(f"{CASES}/{case['id']}/evidence", files=files)).json()["id"]
    ask = {"done_on": "2023-06-07", "evidence_ids": [promise]}
    found = await act(listing, "ask_removal", refused=422, **ask)
    assert [one["code"] for one in found["errors"]] == ["too_early", "not_corrected"]
    # What else would be told of in three years is not waited for here.
    ends = select(timers.Timer).where(timers.Timer.due_at == at("2026-06-01 00:00"))
    timer = (await session.scalars(ends)).one()
    timer.state = timers.FIRED
    await service.timers[timer.kind](session, timer)
    await session.flush()  # The app's own transactions must see it.
    time.move_to(at("2026-06-01 09:00"))
    listing = await of_kind(client, "listing")
    assert (listing["stage"], listing["steps"][-1]["act"]) == ("removing", "clock_over")
    assert running(listing) == {"listing_removal": "2026-06-16 00:00"}
    listing = await act(listing, "remove", done_on="2026-06-01")
    assert (listing["stage"], listing["ended_at"] is not None) == ("removed", True)
    names = [one["what"] for one in (await fresh(client, case))["steps"]]
    assert [one for one in names if one.startswith("listing_")] == [
        "listing_candidate", "listing_notify", "listing_object", "listing_answer",
        "listing_extend", "listing_list", "listing_clock_over", "listing_remove",
    ]  # fmt: skip


@inspector
async def test_a_transfer_keeps_its_hours_and_days_until_the_police_have_filed_it(
    session: Session, client: AsyncClient, do: Do, act: Act, *, token: Token, time: Time
) -> None:
    case = await ordered(client, do, "12000.00")
    one = await open_one(client, case, "transfer", reason="逃匿，公告责令支付后仍不支付")
    paper = {"document_number": "移〔2023〕1号", "done_on": "2023-05-31"}
    few = await act(one, "report", refused=422, officers=["甲"], **paper)
    assert few["errors"][0]["code"] == "officers_too_few"
    one = await act(one, "report", officers=["甲", "乙"], **paper)
    assert running(one) == {"transfer_head": "2023-06-06 00:00"}
    own = token("wage_office", areas=[COUNTY], subject="inspector-1")
    same = await act(one, "approve", refused=409, headers=own, done_on="2023-05-31")
    assert same["type"] == "/problems/second-person-needed"
    head = token("wage_office", areas=[COUNTY], subject="head")
    one = await act(one, "approve", headers=head, done_on="2023-05-31")
    assert running(one) == {"transfer_send": "2023-06-01 10:00"}
    one = await act(one, "send", body="县公安局", **paper)
    assert (await fresh(client, case))["stage"] == "transferred"
    one = await act(one, "forward", body="邻县公安局", done_on="2023-05-31")
    assert (one["body"], running(one)) == ("邻县公安局", {"transfer_receipt": "2023-06-01 10:00"})
    one = await act(one, "receipt", done_on="2023-05-31")
    one = await act(one, "refuse", reason="证据不足", **paper)
    assert running(one) == {"transfer_reconsider": "2023-06-06 00:00"}
    # No paper stands for what the police have not done: the case cannot end as a crime before.
    files = {"file": ("p.pdf", b"%PDF-1.7 x", "application/pdf")}
    proof = (await client.post(f"{CASES}/{case['id']}/evidence", files=files)).json()["id"]
    end = {"act": "propose_end", "conclusion": "criminal", "proofs": {"police_filing": proof}}
    steps, now = f"{CASES}/{case['id']}/steps", (await fresh(client, case))["version"]
    early = await client.post(steps, json=end | {"version": now})
    assert [one["code"] for one in early.json()["errors"]] == ["proceeding_lacking"]
    one = await act(await act(one, "reconsider", **paper), "file", **paper)
    assert running(one) == {"transfer_materials": "2023-06-06 00:00"}
    one = await act(one, "hand_materials", done_on="2023-05-31")
    now = (await fresh(client, case))["version"]
    ended = await client.post(steps, json=end | {"version": now})
    assert (ended.status_code, ended.json()["stage"]) == (200, "checking"), ended.text
    one = await act(one, "conclude", outcome="charged", done_on="2023-05-31")
    assert (one["stage"], running(one)) == ("concluded", {})


@inspector
async def test_what_a_case_decides_by_its_head_is_followed_as_a_transfer(
    client: AsyncClient, do: Do, act: Act
) -> None:
    case = await ordered(client, do, "12000.00")
    said = {"officers": ["甲", "乙"], "decided_on": "2023-05-31", "document_number": "移1号"}
    case = await do(case, "transfer", reason="涉嫌犯罪", **said)
    one = await of_kind(client, "transfer")
    assert (case["stage"], one["stage"], one["document_number"]) == (
        "transferred", "approved", "移1号",
    )  # fmt: skip
    assert running(one) == {"transfer_send": "2023-06-01 10:00"}


@inspector
async def test_a_line_that_is_referred_leaves_our_clock_and_not_the_record(
    session: Session, client: AsyncClient, do: Do, act: Act, *, token: Token, time: Time
) -> None:
    case = await ordered(client, do, "900.00")
    [line] = (await client.get(f"{CASES}/{case['id']}/lines")).json()["items"]
    said = {
        "way": "arbitration", "body": "县仲裁院", "form": "accompanied", "done_on": "2023-05-31",
    }  # fmt: skip
    one = await open_one(client, case, "referral", line_ids=[line["id"]], **said)
    assert running(one) == {"referral_result": "2023-08-01 00:00"}
    other = await open_one(client, case, "referral", **said)
    [line] = (await client.get(f"{CASES}/{case['id']}/lines")).json()["items"]
    assert line["state"] == "referred"
    lacking = await act(one, "not_take", refused=422, reason="无管辖权", done_on="2023-05-31")
    assert [found["place"] for found in lacking["errors"]] == ["body"]
    # A refusal names the right body, and the line is ours again.
    one = await act(one, "not_take", reason="无管辖权", body="州仲裁院", done_on="2023-05-31")
    [line] = (await client.get(f"{CASES}/{case['id']}/lines")).json()["items"]
    assert (one["stage"], one["body"], line["state"]) == ("not_taken", "州仲裁院", "claimed")
    neighbour = token("inspector", areas=[NEIGHBOUR], subject="other")
    hidden = await client.get(f"{PROCEEDINGS}/{one['id']}", headers=neighbour)
    assert (hidden.status_code, hidden.json()["type"]) == (404, "/problems/proceeding-unknown")
    await make.pass_time(session, at("2023-08-01 08:00"))
    time.move_to(at("2023-08-01 09:00"))
    late = select(WatchItem).where(WatchItem.key.contains(other["id"]))
    assert len((await session.scalars(late)).all()) == 1
    await act(other, "conclude", outcome="award", done_on="2023-08-01")


@inspector
async def test_a_referred_line_that_comes_back_paid_lets_the_case_end_as_paid(
    client: AsyncClient, do: Do, act: Act, token: Token
) -> None:
    case = await ordered(client, do, "900.00")
    where = f"{CASES}/{case['id']}"
    [line] = (await client.get(f"{where}/lines")).json()["items"]
    said = {
        "way": "arbitration", "body": "县仲裁院", "form": "accompanied", "done_on": "2023-05-31",
    }  # fmt: skip
    one = await open_one(client, case, "referral", line_ids=[line["id"]], **said)
    case = await fresh(client, case)
    lines = [{"line_id": line["id"], "verified": "850.00"}]
    case = await sent(client, f"{where}/verifications", case, lines=lines)
    await act(one, "conclude", outcome="award", done_on="2023-05-31")
    [line] = (await client.get(f"{where}/lines")).json()["items"]
    assert (line["state"], line["owed"]) == ("verified", "850.00")
    case = await fresh(client, case)
    end = {"act": "propose_end", "version": case["version"], "conclusion": "paid"}
    refused = await client.post(f"{where}/steps", json=end)
    assert [found["code"] for found in refused.json()["errors"]] == ["line_open"]
    payment = {
        "line_id": line["id"], "amount": "850.00", "source": "employer", "paid_on": "2023-05-31",
        "proof": "bank_line", "bank_serial": "S-1",
    }  # fmt: skip
    case = await sent(client, f"{where}/payments", case, payments=[payment])
    case = await do(case, "propose_end", conclusion="paid")
    other = token("inspector", areas=[COUNTY], subject="inspector-2")
    case = await do(case, "confirm_end", headers=other)
    assert (case["stage"], case["conclusion"], case["paid"]) == ("ended", "paid", "850.00")


@inspector
async def test_a_judgment_is_followed_until_it_is_carried_out_and_a_decision_is_enforced(
    session: Session, client: AsyncClient, do: Do, act: Act, time: Time
) -> None:
    case = await ordered(client, do, "900.00")
    files = {"file": ("p.pdf", b"%PDF-1.7 x", "application/pdf")}
    proof = (await client.post(f"{CASES}/{case['id']}/evidence", files=files)).json()["id"]
    paper = {"document_number": "民初1号", "done_on": "2023-05-31"}
    judged = await open_one(client, case, "judgment", body="县法院", amount="900.00", **paper)
    assert running(judged) == {"judgment_follow": "2023-07-01 00:00"}
    demanded = await open_one(client, case, "court_enforcement", **paper)
    # Ten working days to obey; three months to ask the court.
    assert running(demanded) == {
        "demand_wait": "2023-06-15 00:00", "court_apply": "2023-09-01 00:00",
    }  # fmt: skip
    await make.pass_time(session, at("2023-06-20 08:00"))
    time.move_to(at("2023-06-20 09:00"))
    judged = await act(judged, "apply", body="县法院", done_on="2023-06-20")
    judged = await act(await of_kind(client, "judgment"), "follow", note="已查封账户")
    said = {"conclusion": "judgment_executed", "proofs": {"judgment": proof}}
    now = (await fresh(client, case))["version"]
    end = {"act": "propose_end", "version": now, **said}
    early = await client.post(f"{CASES}/{case['id']}/steps", json=end)
    found = [(one["place"], one["code"]) for one in early.json()["errors"]]
    assert found == [("conclusion", "proceeding_lacking"), ("lines[1]", "line_open")]
    assert running(judged) == {"judgment_follow": "2023-07-21 00:00"}
    judged = await act(judged, "carry_out", done_on="2023-06-20", evidence_ids=[proof])
    assert (judged["stage"], judged["ended_at"] is not None) == ("carried_out", True)
    end["version"] = (await fresh(client, case))["version"]
    unpaid = await client.post(f"{CASES}/{case['id']}/steps", json=end)
    assert [one["code"] for one in unpaid.json()["errors"]] == ["line_open"]
    paper["done_on"] = "2023-06-20"
    court = await act(demanded, "apply", body="县法院", **paper)
    assert running(court) == {"court_accept": "2023-06-29 00:00"}
    court = await act(await act(court, "accept", **paper), "rule", **paper)
    assert running(court) == {"judgment_follow": "2023-07-21 00:00"}
    quiet = select(WatchItem).where(WatchItem.kind == "case_step_overdue")
    keys = [one.key for one in (await session.scalars(quiet)).all()]
    assert not any(demanded["id"] in key or judged["id"] in key for key in keys)


@inspector
async def test_a_publication_is_kept_or_corrected_and_a_supervision_ends_by_who_listed_it(
    client: AsyncClient, do: Do, act: Act, token: Token
) -> None:
    case = await ordered(client, do, "900.00")
    one = await open_one(client, case, "publication", reason="克扣、无故拖欠数额较大")
    paper = {"document_number": "公布1号", "done_on": "2023-05-31"}
    said = {"name": "某劳务公司", "credit_code": CODE}
    same = await act(one, "publish", refused=409, **said, **paper)
    assert same["type"] == "/problems/second-person-needed"
    second = token("inspector", areas=[COUNTY], subject="inspector-2")
    one = await act(one, "publish", headers=second, **said, **paper)
    assert (one["stage"], running(one)) == ("published", {})
    one = await act(one, "object", reason="处理决定已变更", done_on="2023-05-31")
    assert running(one) == {"publication_review": "2023-06-22 00:00"}
    one = await act(one, "change", reason="复议变更", **paper)
    assert running(one) == {"publication_correct": "2023-06-15 00:00"}
    assert (await act(one, "correct", done_on="2023-05-31"))["stage"] == "corrected"
    city, county = (
        token("wage_office", areas=[COUNTY], subject=name, org=make.an_id(name))
        for name in ("city", "county")
    )
    listed = await client.post(
        f"{CASES}/{case['id']}/proceedings", headers=city,
        json={"kind": "supervision", "reason": "重大案件", "days": 30, **paper},
    )  # fmt: skip
    over = listed.json()
    assert running(over) == {"supervision": "2023-07-14 00:00"}
    end = {"reason": "已办结", **paper}
    other = await act(over, "unlist", refused=422, headers=county, **end)
    assert other["errors"][0]["code"] == "other_body"
    over = await act(over, "unlist", headers=city, **end)
    assert over["stage"] == "unlisted"


async def test_each_limit_of_a_proceeding_has_the_nations_terms(session: Session) -> None:
    there = set(await session.scalars(select(ClockTerms.kind).where(ClockTerms.area_code == "0")))
    counted = {
        ClockKind.LISTING_PERIOD, ClockKind.COURT_APPLY, ClockKind.PUBLICATION_BATCH,
        ClockKind.SUPERVISION, ClockKind.INSTALMENT,
    }  # fmt: skip
    for kind, stage in rules.OF_STAGE:
        assert set(rules.clocks_of(kind, stage)) <= there | counted, (kind, stage)


@inspector
async def test_a_proceeding_that_nothing_would_wake_anybody_about_is_found(
    session: Session, client: AsyncClient, do: Do
) -> None:
    case = await ordered(client, do, "900.00")
    one = await open_one(client, case, "listing", reason="影响恶劣")
    await session.flush()
    find = service.invariants["without_timer"]
    assert [found for found in await find(session) if found.said == "proceeding"] == []
    for timer in await session.scalars(select(timers.Timer)):
        timer.state = timers.DISARMED
    row = (await session.scalars(select(Proceeding))).one()
    assert (str(row.id), row.stage) == (one["id"], ProceedingStage.CANDIDATE)
    await session.flush()
    assert [found.id for found in await find(session) if found.said == "proceeding"] == [row.id]
