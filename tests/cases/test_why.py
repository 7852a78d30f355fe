"""Why an item stands where it stands, and how it gets out: by time, by rule, by a value."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from httpx import AsyncClient

from services.cases.models import WatchItem
from services.cases.rules import next_steps, proofs
from services.cases.rules.funding import OVER as FUNDED
from services.cases.rules.funding import FundingState
from services.cases.rules.items import ItemState, WatchKind
from services.cases.rules.next_steps import Stand, Who
from services.cases.rules.orders import UNDER_WAY
from services.payroll.rules.conditions import ENDED
from shared.db import Session
from shared.events.base import Event
from tests.cases import factories as make
from tests.cases.factories import COUNTY, NEIGHBOUR, an_id, at
from tests.cases.policies import DEFAULTS
from tests.fixtures.service import Time, Token

ITEMS = "/cases/v1/watch-items"
MAY = an_id("p", "2023-05")
office = pytest.mark.caller("wage_office", areas=[COUNTY])


@pytest.fixture(autouse=True)
async def _world(session: Session, time: Time) -> None:
    time.move_to(at("2023-05-31 10:00"))
    await make.world(session)
    await session.flush()  # The app's own transactions must see it.


async def why(
    client: AsyncClient, item: WatchItem | None, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    assert item
    answer = await client.get(f"{ITEMS}/{item.id}/why", headers=headers)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def tell(session: Session, *events: Event, until: str = "2023-05-31 10:00") -> None:
    await make.tell(session, *events)
    await make.pass_time(session, at(until))


def rungs(said: Mapping[str, Any]) -> list[tuple[str, str, str, str | None]]:
    return [(one["step"], one["level"], one["cause"], one["rule"]) for one in said["rungs"]]


@office
async def test_time_is_told_with_the_policy_the_rows_and_what_is_left(
    session: Session, client: AsyncClient
) -> None:
    """Yellow since D+3 wd; orange on 8 June; the answer until the end of 2 June (3 wd)."""
    await tell(session, make.missed(), make.received("2023-05", "200000.00", "2023-05-29 16:00"))
    item = await make.item_about(session, MAY)
    said = await why(client, item)
    assert rungs(said) == [
        ("open", "blue", "time", None),
        ("notice", "blue", "time", None),
        ("yellow", "yellow", "time", None),
    ]
    assert said["rungs"][2]["at"] == "2023-05-30T01:00:00Z"
    assert said["rungs"][2]["why"]["zh"] == "2023-05-25 后第 3 个工作日（09:00）仍未办结"
    default = DEFAULTS["transfer_missed"]
    policy = said["policy"]
    assert (policy["area_code"], policy["kind"], policy["version"]) == ("0", "transfer_missed", 1)
    assert (policy["basis"], policy["certainty"]) == (default["basis"], default["certainty"])
    row = said["item"]
    assert (row["subject_id"], said["subject"]) == (str(MAY), "obligation")
    assert (row["due_amount"], row["credited"], row["lacking"]) == (
        "300000.00", "100000.00", "200000.00",
    )  # fmt: skip
    assert row["bank_serials"] == ["S-2023-05-29 16:00"]
    assert [one["code"] for one in said["closes_by"]] == ["transfer_received", "not_missed"]
    assert said["next_rung"] == {
        "step": "orange", "level": "orange", "at": "2023-06-08T01:00:00Z",
    }  # fmt: skip
    # 1, 2, 5, 6, 7 and 8 June.
    assert (said["rung_left"]["workdays"], said["rung_left"]["days"]) == (6, 8)
    assert said["answer_left"] == {
        "at": "2023-06-02T16:00:00Z", "last_on": "2023-06-02", "workdays": 2, "days": 2,
        "over": False, "provisional": False,
    }  # fmt: skip
    pay, answer, report = said["next_steps"]
    assert (pay["code"], pay["who"], pay["unit_id"]) == (
        "pay_labour_cost", "developer", str(make.DEVELOPER),
    )  # fmt: skip
    assert "200000.00" in pay["text"]["zh"]
    assert (answer["code"], answer["due_at"]) == ("answer", "2023-06-02T16:00:00Z")
    assert (report["code"], report["who"], report["unit_id"]) == (
        "report_miss", "contractor", str(make.CONTRACTOR),
    )  # fmt: skip
    assert [(one["what"], one["at"]) for one in said["told"]] == [("found", "2023-05-25T16:00:00Z")]


@office
async def test_the_contractor_is_asked_for_its_report_until_it_has_come(
    session: Session, client: AsyncClient
) -> None:
    """724号 art. 27: it reports; that its days are over is said, and once done nothing is."""
    steps = []
    for event in (
        make.missed(),
        make.noted("report_overdue", "2023-05-31 00:00", missed_on="2023-05-26", workdays=3),
        make.contractor_report("2023-05", "2023-05-31 09:00"),
    ):
        await make.tell(session, event)
        said = await why(client, await make.item_about(session, MAY))
        asked = [one["text"]["zh"] for one in said["next_steps"] if one["who"] == "contractor"]
        steps.append([text[:3] for text in asked])
    assert steps == [["向人社"], ["已逾期"], []]


@office
async def test_a_rule_names_itself_and_the_misses_that_it_counts(
    session: Session, client: AsyncClient
) -> None:
    await tell(session, make.missed("2023-04"), make.missed())
    said = await why(client, await make.item_about(session, MAY))
    jumped = [one for one in said["rungs"] if one["cause"] == "rule"]
    assert [one["step"] for one in jumped] == ["notice", "yellow", "orange", "draft", "red"]
    assert {one["rule"] for one in jumped} == {"two_in_a_row"}
    assert [one["passed"] for one in jumped] == [True] * 4 + [False]
    assert jumped[-1]["why"]["zh"] == "连续 2 期未足额拨付"
    assert [one["period"] for one in said["counted"]] == ["2023-04", "2023-05"]
    assert said["standing"] == {"in_a_row": 2, "in_total": 2}
    codes = [one["code"] for one in said["next_steps"]]
    assert codes[0] == "pay_labour_cost"
    assert {"decide_case", "sign_order"} <= set(codes)


@office
async def test_what_was_found_late_says_when_it_should_have_been(
    session: Session, client: AsyncClient
) -> None:
    await tell(session, make.missed(occurred_at=at("2023-05-31 09:00")))
    said = await why(client, await make.item_about(session, MAY))
    assert [(one["step"], one["at"], one["should_have_been_at"]) for one in said["rungs"]] == [
        ("open", "2023-05-31T01:00:00Z", "2023-05-25T16:00:00Z"),
        ("notice", "2023-05-31T01:00:00Z", "2023-05-26T01:00:00Z"),
        ("yellow", "2023-05-31T01:00:00Z", "2023-05-30T01:00:00Z"),
    ]


@office
async def test_a_value_shows_itself_and_its_threshold(
    session: Session, client: AsyncClient
) -> None:
    measured = [("3.40", "2023-05-01"), ("1.10", "2023-05-03"), ("0.49", "2023-05-08"),
                ("0.90", "2023-05-09")]  # fmt: skip
    await tell(
        session,
        *(make.found("cover_low", day, f"{day} 10:00", value=Decimal(value))
          for value, day in measured),
    )  # fmt: skip
    said = await why(client, await make.find_item(session, "cover_low"))
    repeats = [one for one in said["rungs"] if one["cause"] == "time"]
    assert {(one["step"], one["value"]) for one in repeats} == {("repeat", None)}
    by_value = [one for one in said["rungs"] if one["cause"] == "value"]
    assert [(one["level"], one["cause"], Decimal(one["value"])) for one in by_value] == [
        ("blue", "value", Decimal("1.10")),
        ("yellow", "value", Decimal("0.49")),
        ("orange", "value", Decimal("0.49")),
        ("yellow", "value", Decimal("0.90")),
    ]
    assert by_value[2]["why"]["zh"] == "数值 0.49 低于阈值 0.5"
    assert said["closes_by"][0]["code"] == "value_recovered"
    assert [Decimal(one["body"]["value"]) for one in said["told"]] == [
        Decimal(value) for value, _ in measured
    ]


@office
async def test_a_clock_that_stands_still_says_why_and_asks_nobody(
    session: Session, client: AsyncClient
) -> None:
    since = ("notice_board_missing", "2023-05-04", "2023-05-04 10:00")
    muted = make.found(since[0], since[1], "2023-05-10 10:00", muted_by="project_stopped")
    await tell(session, make.found(*since), muted)
    said = await why(client, await make.find_item(session, "notice_board_missing"))
    assert (said["next_rung"], said["rung_left"], said["answer_left"]) == (None, None, None)
    assert said["item"]["muted_by"] == "project_stopped"
    wait, put_right = said["next_steps"]
    assert (wait["code"], wait["who"]) == ("wait", "nobody")
    assert "项目停工" in wait["text"]["zh"]
    assert (put_right["code"], put_right["who"]) == ("put_right", "assignee")


@pytest.mark.caller("contractor", areas=[COUNTY], org=make.CONTRACTOR)
async def test_a_contractor_reads_that_it_waits_and_the_developer_reads_what_to_pay(
    session: Session, client: AsyncClient, token: Token
) -> None:
    await tell(session, make.missed())
    item = await make.item_about(session, MAY)
    said = await why(client, item)
    assert said["waiting"]["zh"].startswith("等待建设单位拨付人工费用")
    assert "时限暂停计算" in said["waiting"]["zh"]
    payer = token("developer", areas=[COUNTY], org=make.DEVELOPER)
    mine = await why(client, item, payer)
    assert (mine["waiting"], mine["next_steps"][0]["code"]) == (None, "pay_labour_cost")
    assert mine["delay"]["held_by"] == "developer"
    # A party sees an order once it is served, and no sooner.
    assert "sign_order" not in {one["code"] for one in said["next_steps"]}
    await tell(session, make.sent("2023-05", "2023-05-31 09:00"))
    said = await why(client, item)
    assert said["next_steps"][0]["who"] == "bank"
    assert said["waiting"]["zh"].startswith("建设单位已付款")


@office
async def test_a_closed_item_says_by_what_it_was_closed_and_asks_for_nothing(
    session: Session, client: AsyncClient
) -> None:
    await tell(session, make.missed(), make.received("2023-05", "0.00", "2023-05-30 16:00"))
    said = await why(client, await make.item_about(session, MAY))
    assert said["item"]["close_reason"] == "transfer_received"
    assert (said["next_steps"], said["next_rung"], said["waiting"]) == ([], None, None)
    assert [one["what"] for one in said["told"]] == ["found", "ended"]


async def test_whose_item_it_is_not_finds_nothing(
    session: Session, client: AsyncClient, token: Token
) -> None:
    await tell(session, make.missed())
    item = await make.item_about(session, MAY)
    for headers in (
        token("wage_office", areas=[NEIGHBOUR]),
        token("contractor", areas=[COUNTY], org=an_id("another")),
    ):
        answer = await client.get(f"{ITEMS}/{item.id}/why", headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/watch-item-unknown")


# ---- tables ----------------------------------------------------------------------------------


def test_each_kind_has_its_proofs_and_says_what_it_is_about() -> None:
    assert set(proofs.ACCEPTED) == set(proofs.SUBJECTS) == set(WatchKind)
    for kind, accepted in proofs.ACCEPTED.items():
        codes = [one.code for one in accepted]
        assert len(set(codes)) == len(codes) > 0, kind


def test_the_words_in_which_payroll_tells_of_an_end_are_proofs_of_the_kind() -> None:
    for kind, code in ENDED.items():
        assert code in {one.code for one in proofs.ACCEPTED[WatchKind(kind)]}


def stand(**changes: Any) -> Stand:
    said: dict[str, Any] = {
        "kind": WatchKind.TRANSFER_MISSED, "state": ItemState.OPEN, "unit_id": make.DEVELOPER,
        "person_id": None, "developer_id": make.DEVELOPER, "lacking": Decimal(1),
        "waiting_for": None, "muted_by": None, "answer_due_at": None,
    }  # fmt: skip
    return Stand(**(said | changes))


def test_every_paper_under_way_says_whose_turn_it_is() -> None:
    for state in UNDER_WAY:
        steps = next_steps.next_steps(stand(orders=((state, None),)))
        assert len(steps) == 2
    for money in set(FundingState) - FUNDED:
        steps = next_steps.next_steps(stand(funding=((money, None),)))
        assert len(steps) == 2


@pytest.mark.parametrize(
    ("state", "who", "code"),
    [
        (ItemState.ANSWERED, Who.WAGE_OFFICE, "verify"),
        (ItemState.VERIFYING, Who.WAGE_OFFICE, "check_facts"),
    ],
)
def test_an_answer_is_the_offices_turn(state: ItemState, who: Who, code: str) -> None:
    last = next_steps.next_steps(stand(state=state))[-1]
    assert (last.who, last.code) == (who, code)
