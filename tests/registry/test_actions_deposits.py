"""Deposits and guarantees: given, running out, used, replenished, given back."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.registry import actions, queries
from services.registry.errors import RegistrationRefused, SecurityTaken, StepRefused
from services.registry.models import DepositUse, Security
from services.registry.rules.deposits import Step
from services.registry.schemas.deposits import (
    AreaFilter,
    ReturnIn,
    ReviewIn,
    SecurityIn,
    UseIn,
    WageRecordIn,
)
from services.registry.schemas.projects import ProjectPatch
from shared import clock
from shared.db import Session
from shared.events.conditions import RegistryConditionEnded, RegistryConditionFound
from tests.fixtures.service import Published, Time
from tests.registry import factories
from tests.registry.factories import NATION
from tests.registry.systems import BEGINS, FIVE, OFFICE, Site, file, midnight, site, statuses, words

TOLD = (RegistryConditionFound, RegistryConditionEnded)


@pytest.fixture(autouse=True)
def _begun(time: Time) -> None:
    time.move_to(BEGINS)


async def begun(session: Session) -> Site:
    """Give a project whose other systems are in place, with a contract of 20 April."""
    here = await site(session)
    await file(session, here.project, *(FIVE - {"deposit"}))
    await factories.works_contract(
        session,
        here.project.id,
        here.contractor.id,
        signed_on="2023-04-20",
        contract_amount="6000000.00",
    )
    return here


def guarantee(**changes: Any) -> SecurityIn:
    said = {"purpose": "deposit", "form": "bank_guarantee", "number": "BH-1", "issuer": "银行甲"}
    days = {"valid_from": "2023-04-20", "valid_until": "2024-04-19"}
    return SecurityIn.model_validate({**said, "amount": "120000.00", **days, **changes})


async def give(session: Session, here: Site, **changes: Any) -> Security:
    body = guarantee(**changes)
    made = await actions.deposits.register_security(
        session, OFFICE, here.project.id, body, clock.now()
    )
    await session.flush()
    return made


async def test_what_is_due_follows_from_contract_and_record(session: Session) -> None:
    here = await begun(session)
    due = await actions.deposits.standing(session, NATION, here.project.id, clock.today())
    assert (due.amount, due.reason, due.lacking) == (Decimal("120000.00"), "standard", due.amount)
    record = WageRecordIn.model_validate(
        {"stated_on": "2023-04-20", "clean_since": "2021-04-01", "reference": "州局证明 3 号"}
    )
    await actions.deposits.state_wage_record(
        session, OFFICE, here.contractor.id, record, clock.now()
    )
    await session.flush()
    due = await actions.deposits.standing(session, NATION, here.project.id, clock.today())
    assert (due.amount, due.reason) == (Decimal("60000.00"), "reduced")


async def test_a_guarantee_that_is_enough_puts_the_system_in_place_until_it_ends(
    session: Session, published: Published, time: Time
) -> None:
    here = await begun(session)
    part = await give(session, here, amount="119999.99")
    assert await give(session, here, amount="119999.99") is part
    with pytest.raises(SecurityTaken):
        await give(session, here, amount="1.00")
    assert (await statuses(session, here.project))["deposit"] == "not_done"
    await give(session, here, number="BH-2", amount="0.01")
    assert (await statuses(session, here.project))["deposit"] == "done"
    assert words(await published(session, *TOLD)) == [
        ("deposit_missing", "found", "2023-04-20"),
        ("guarantee_expiring", "found", "2024-04-19"),
        ("deposit_missing", "ended", "evidence_filed"),
        ("guarantee_expiring", "found", "2024-04-19"),
    ]
    # Over its last day it lacks; the condition that told of the end goes on, and no second one.
    time.move_to(clock.at(date(2024, 4, 20)))
    await midnight(session, date(2024, 4, 20))
    assert (await statuses(session, here.project))["deposit"] == "overdue"
    assert len(await published(session, *TOLD)) == 4
    await give(session, here, number="BH-3", valid_from="2024-04-20", valid_until="2025-04-19")
    assert (await statuses(session, here.project))["deposit"] == "done"
    assert words((await published(session, *TOLD))[4:]) == [
        ("guarantee_expiring", "ended", "guarantee_replaced"),
        ("guarantee_expiring", "ended", "guarantee_replaced"),
        ("guarantee_expiring", "found", "2025-04-19"),
    ]


async def test_the_developer_s_guarantee_lacks_since_its_last_day(
    session: Session, published: Published, time: Time
) -> None:
    await site(session)
    facts = factories.facts(("33", "浙江省", "0"))
    await actions.areas.enter_areas(session, NATION, facts, clock.now())
    developer = await factories.organisation(session, 7, "developer")
    project = await factories.project(
        session, developer.id, code="ZJ-1", area_code="33", started_on="2023-04-01"
    )
    body = guarantee(purpose="payment_guarantee", valid_until="2023-05-31")
    await actions.deposits.register_security(session, OFFICE, project.id, body, clock.now())
    assert (await statuses(session, project))["payment_guarantee"] == "done"
    time.move_to(clock.at(date(2023, 6, 1)))
    await midnight(session, date(2023, 6, 1))
    told = [
        one
        for one in await published(session, RegistryConditionFound)
        if one.kind == "payment_guarantee_missing"
    ]
    assert [(one.since, one.unit_id) for one in told] == [(date(2023, 5, 31), developer.id)]


async def used(session: Session, here: Site, security: Security) -> DepositUse:
    body = UseIn.model_validate(
        {"decision": "鹤人社处〔2023〕1号", "amount": "50000.00", "received_on": "2023-04-27"}
    )
    return await actions.deposit_uses.notice_use(session, OFFICE, security.id, body, clock.now())


async def test_a_use_has_its_limits_and_what_is_not_replenished_is_told_since_the_payment(
    session: Session, published: Published, time: Time
) -> None:
    here = await begun(session)
    security = await give(session, here, form="cash", valid_until=None)
    time.move_to(clock.at(date(2023, 4, 27), 9))
    use = await used(session, here, security)
    assert await used(session, here, security) is use
    # Five working days over May Day, the make-up Saturday among them.
    assert use.pay_by == date(2023, 5, 8)
    time.move_to(clock.day_end(date(2023, 5, 8)))
    await session.flush()
    await actions.deposit_uses.pass_limit(session, use.id, Step.BANK_PAYS)
    assert use.pay_late
    time.move_to(clock.at(date(2023, 5, 9), 9))
    with pytest.raises(StepRefused):
        await actions.deposit_uses.replenish_use(
            session, OFFICE, use.id, date(2023, 5, 9), clock.now()
        )
    await actions.deposit_uses.pay_use(session, OFFICE, use.id, date(2023, 5, 9), clock.now())
    assert use.replenish_by == date(2023, 5, 23)
    assert (await statuses(session, here.project))["deposit"] != "done"
    assert words(await published(session, *TOLD))[2:] == [
        ("deposit_not_replenished", "found", "2023-05-09")
    ]
    time.move_to(clock.day_end(date(2023, 5, 23)))
    await actions.deposit_uses.pass_limit(session, use.id, Step.REPLENISH)
    assert use.replenish_late
    day = date(2023, 5, 24)
    await actions.deposit_uses.replenish_use(session, OFFICE, use.id, day, clock.now())
    assert (await statuses(session, here.project))["deposit"] == "done"
    assert words(await published(session, *TOLD))[3:] == [
        ("deposit_not_replenished", "ended", "deposit_replenished")
    ]


async def test_a_new_guarantee_that_is_enough_replenishes_too(
    session: Session, published: Published, time: Time
) -> None:
    here = await begun(session)
    security = await give(session, here)
    time.move_to(clock.at(date(2023, 5, 9), 9))
    use = await used(session, here, security)
    await actions.deposit_uses.pay_use(session, OFFICE, use.id, date(2023, 5, 9), clock.now())
    await give(session, here, number="BH-2", amount="50000.00")
    assert (use.state.value, use.replenished_on) == ("replenished", date(2023, 5, 9))
    assert (await statuses(session, here.project))["deposit"] == "done"


async def test_no_more_is_used_than_is_left(session: Session, time: Time) -> None:
    here = await begun(session)
    security = await give(session, here, amount="49999.99")
    time.move_to(clock.at(date(2023, 4, 26), 9))
    with pytest.raises(RegistrationRefused) as refused:
        await used(session, here, security)
    assert [one.code for one in refused.value.errors] == ["MoreThanLeft", "DayAhead"]


async def test_a_deposit_goes_back_step_by_step_or_is_refused_and_asked_for_again(
    session: Session, time: Time
) -> None:
    here = await begun(session)
    security = await give(session, here)
    coming = ReturnIn.model_validate({"promise": "无欠薪承诺书", "noticed_on": "2023-04-20"})
    back = actions.deposit_returns
    with pytest.raises(RegistrationRefused):
        await back.notice_return(session, OFFICE, security.id, coming, clock.now())
    body = ProjectPatch.model_validate({"version": here.project.version, "status": "004"})
    await actions.projects.change_project(session, NATION, here.project.id, body, clock.now())
    assert await _to_clean_up(session) == [security.id]
    one = await back.notice_return(session, OFFICE, security.id, coming, clock.now())
    await session.flush()
    assert await _to_clean_up(session) == []
    # 30 days after 20 April end on a Saturday: the notice stands until Monday.
    assert one.notice_until == date(2023, 5, 22)
    time.move_to(clock.at(date(2023, 5, 23), 9))
    with pytest.raises(RegistrationRefused):
        await back.apply_return(session, OFFICE, one.id, date(2023, 5, 22), clock.now())
    await back.apply_return(session, OFFICE, one.id, date(2023, 5, 23), clock.now())
    assert one.by == date(2023, 5, 30)
    await back.pass_limit(session, one.id, Step.REVIEW)
    assert one.late
    owed = ReviewIn.model_validate({"on": "2023-05-23", "open_arrears": "班组甲 4 月工资"})
    await back.review_return(session, OFFICE, one.id, owed, clock.now())
    assert (one.state.value, one.by, one.late) == ("refused", date(2023, 5, 26), False)
    await back.tell_return(session, OFFICE, one.id, date(2023, 5, 23), clock.now())
    assert (one.state.value, one.by) == ("refusal_told", None)
    with pytest.raises(StepRefused):
        await back.apply_return(session, OFFICE, one.id, date(2023, 5, 23), clock.now())
    again = await back.notice_return(session, OFFICE, security.id, coming, clock.now())
    assert again is not one
    await back.apply_return(session, OFFICE, again.id, date(2023, 5, 23), clock.now())
    clean = ReviewIn.model_validate({"on": "2023-05-23"})
    await back.review_return(session, OFFICE, again.id, clean, clock.now())
    assert again.state.value == "accepted"
    await back.tell_return(session, OFFICE, again.id, date(2023, 5, 23), clock.now())
    assert (again.state.value, security.state.value) == ("returned", "returned")
    assert security.ended_on == date(2023, 5, 23)


async def _to_clean_up(session: Session) -> list[object]:
    await session.flush()
    found = await queries.deposits.cleanup(
        session, NATION, AreaFilter(area_code="422828"), cursor=None, limit=10
    )
    return [one.id for one in found.items]
