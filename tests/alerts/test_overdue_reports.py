"""Who is told that a contractor did not report a missed transfer in time (724号 art. 27)."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from services.alerts import handlers
from services.alerts.models import Delivery, Route
from services.alerts.rules import notices
from services.alerts.rules.notices import AlertState, Reason
from shared import clock
from shared.db import Session
from tests.alerts import factories, looking

OVERDUE_AT = clock.at(date(2023, 5, 5))


@pytest.mark.parametrize("level", ["blue", "yellow", "orange", "red"])
async def test_the_contractors_people_and_the_unit_in_charge_are_told_on_every_level(
    session: Session, level: str
) -> None:
    await factories.areas(session)
    people = await factories.everybody(session)
    item = factories.opened(level=level)
    await handlers.on_watch_item_opened(session, item)
    overdue = factories.step(item, "report_overdue", OVERDUE_AT)
    for _ in range(2):
        await handlers.on_watch_item_step_reached(session, overdue)
    alert = await looking.alert(session)
    told = [
        who
        for reason, who in await looking.told(session, alert.id)
        if reason is Reason.REPORT_OVERDUE
    ]
    expected = ("contractor", "wage_officer", "sector_authority")
    assert sorted(told) == sorted(people[role] for role in expected)
    sent = await looking.deliveries(session, type="report_overdue")
    assert {(one.channel, one.key.count(str(overdue.id))) for one in sent} == {("inbox", 1)}
    assert len(await looking.armed(session, alert.id)) == 1, "the alert's own ladder runs on"


async def test_whoever_has_acknowledged_the_alert_is_told_none_the_less(session: Session) -> None:
    await factories.areas(session)
    people = await factories.everybody(session)
    item = factories.opened(level="yellow")
    await handlers.on_watch_item_opened(session, item)
    alert = await looking.alert(session)
    alert.acknowledge("somebody", factories.OPENED_AT, None)
    overdue = factories.step(item, "report_overdue", OVERDUE_AT)
    await handlers.on_watch_item_step_reached(session, overdue)
    told = await looking.told(session, alert.id)
    assert (Reason.REPORT_OVERDUE, people["wage_officer"]) in told
    assert alert.state is AlertState.ACKNOWLEDGED


async def test_history_is_kept_and_told_to_nobody(session: Session) -> None:
    await factories.areas(session)
    await factories.everybody(session)
    session.info["replayed"] = True
    item = factories.opened()
    await handlers.on_watch_item_opened(session, item)
    overdue = factories.step(item, "report_overdue", OVERDUE_AT)
    await handlers.on_watch_item_step_reached(session, overdue)
    assert (await session.scalars(select(Delivery))).all() == []


async def test_an_area_says_in_its_own_route_whom_it_is_told(session: Session) -> None:
    await factories.areas(session)
    people = await factories.everybody(session)
    nations = (await session.scalars(select(Route).where(Route.code == "yellow"))).all()
    newest = max(nations, key=lambda row: row.version)
    kept = {name: getattr(newest, name) for name in Route.__table__.columns.keys()}  # noqa: SIM118  columns are no mapping
    session.add(
        Route(
            **kept
            | {
                "id": factories.new_id(), "area_code": factories.COUNTY, "version": 1,
                "on_steps": {"report_overdue": ["wage_office"]},
            }
        )
    )  # fmt: skip
    item = factories.opened(level="yellow")
    await handlers.on_watch_item_opened(session, item)
    overdue = factories.step(item, "report_overdue", OVERDUE_AT)
    await handlers.on_watch_item_step_reached(session, overdue)
    alert = await looking.alert(session)
    told = await looking.told(session, alert.id)
    assert [who for reason, who in told if reason is Reason.REPORT_OVERDUE] == [
        people["wage_office"]
    ]


def test_the_mail_says_what_the_contractor_has_to_do() -> None:
    alert = SimpleNamespace(
        id="1", kind="transfer_missed", level_label="黄", project_name="金凤路安置小区",
        period="2023-04", due_on=date(2023, 4, 25), lacking=Decimal("300000.00"),
    )  # fmt: skip
    head = notices.title(alert, Reason.REPORT_OVERDUE)
    assert head.zh == "【黄】总包逾期未报告：人工费用未拨付或拨付不足 金凤路安置小区（2023-04）"
    assert "立即向人社部门和行业主管部门报告" in notices.letter(alert, Reason.REPORT_OVERDUE).zh
    assert "must report the miss" in notices.letter(alert, Reason.REPORT_OVERDUE).en
    assert "报告" not in notices.letter(alert, Reason.STEP).zh
