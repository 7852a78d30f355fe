"""A miss names who had the role on its due day, whoever has it by now."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from services.payroll import actions, handlers
from shared import clock
from shared.db import Session, new_id
from shared.events.payroll import TransferMissed
from shared.events.registry import ProjectChanged, ProjectPartyChanged
from tests.fixtures.service import Published
from tests.payroll import factories
from tests.payroll.factories import COUNTY, DEVELOPER

JAN_20, FEB_1 = date(2023, 1, 20), date(2023, 2, 1)


def changed(project_id: UUID, organisation_id: UUID, **said: Any) -> ProjectPartyChanged:
    values = {
        "party_id": new_id(),
        "project_id": project_id,
        "area_code": COUNTY,
        "role": "developer",
        "organisation_id": organisation_id,
        "organisation_name": str(organisation_id),
        "occurred_at": clock.at(FEB_1, 9),
    }
    return ProjectPartyChanged(**(values | said))


async def test_a_miss_that_is_found_late_names_the_developer_of_its_day(
    session: Session, published: Published
) -> None:
    await factories.tree(session)
    card = await factories.project(session)
    await factories.contract(session, card)
    other = new_id()
    for event in (
        changed(card.project_id, DEVELOPER, until_on=date(2023, 1, 31)),
        changed(card.project_id, other, from_on=FEB_1),
    ):
        for _ in range(2):
            await handlers.on_project_party_changed(session, event)
            await session.flush()
    now = card.model_copy(update={"developer_id": other, "developer_name": "县水利局"})
    told = ProjectChanged(project_id=card.project_id, project=now, occurred_at=clock.at(FEB_1, 10))
    await handlers.on_project_changed(session, told)
    await session.flush()
    # There is no account, so nothing is awaited from a bank: both days are judged in March.
    await actions.transfers.mark_missed_transfers(session, clock.at(date(2023, 3, 1), 0, 1))
    await session.flush()
    misses = await published(session, TransferMissed)
    named = {one.period: one.project.developer_id for one in misses}
    assert named == {"2023-01": DEVELOPER, "2023-02": other}
    rows = await factories.owed(session, card.project_id)
    assert [row.developer_id for row in rows[:2]] == [DEVELOPER, other]


async def test_a_role_s_days_are_kept_as_told_last(session: Session, published: Published) -> None:
    await factories.tree(session)
    card = await factories.project(session)
    await factories.contract(session, card)
    party, other = new_id(), new_id()
    later = changed(card.project_id, other, party_id=party, from_on=date(2023, 1, 21))
    earlier = changed(
        card.project_id, other, party_id=party, occurred_at=clock.at(FEB_1, 8),
        from_on=JAN_20 - timedelta(days=9),
    )  # fmt: skip
    for event in (later, earlier):
        await handlers.on_project_party_changed(session, event)
        await session.flush()
    await actions.transfers.mark_missed_transfers(session, clock.at(date(2023, 1, 25), 0, 1))
    [miss] = await published(session, TransferMissed)
    assert miss.project.developer_id == DEVELOPER
