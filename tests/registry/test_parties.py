"""Who takes part in a project and when: single roles, hand-overs, gaps."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry import actions, queries
from services.registry.errors import PartyTaken, PartyUnknown, RegistrationRefused
from services.registry.models import Organisation, Project
from services.registry.rules import parties
from services.registry.rules.parties import PartyRole
from services.registry.schemas.parties import PartyFilter, PartyPatch
from services.registry.schemas.projects import ProjectPatch
from shared import clock
from shared.db import Session
from shared.events.registry import ProjectChanged, ProjectPartyChanged
from tests.fixtures.service import Published, Time
from tests.registry import factories
from tests.registry.factories import COUNTY, NATION

TODAY = date(2023, 4, 10)
NOW = clock.at(TODAY, 9)


# ---- the rule ------------------------------------------------------------------------------


@dataclass
class S:
    from_on: date | None
    until_on: date | None


wishes = st.lists(
    st.tuples(st.integers(0, 40), st.none() | st.integers(-3, 20), st.booleans()), max_size=8
)


@given(wishes)
def test_a_single_role_has_one_holder_a_day_and_its_gaps_are_the_days_without(
    wanted: list[tuple[int, int | None, bool]],
) -> None:
    spans = [S(None, None)]
    for begin, length, explained in wanted:
        first = TODAY + timedelta(begin)
        last = None if length is None else first + timedelta(length)
        if parties.check_entry(first, last, spans, gap_explained=explained):
            continue
        before = parties.predecessor(spans, first)
        if before:
            before.until_on = first - timedelta(1)
        spans.append(S(first, last))
    days = [TODAY + timedelta(number) for number in range(-5, 80)]
    empty = {
        day
        for gap in parties.gaps(spans)
        for day in days
        if gap.from_on <= day and (gap.until_on is None or day <= gap.until_on)
    }
    for day in days:
        held = [one for one in spans if parties.holds(one, day)]
        assert len(held) == (0 if day in empty else 1)


@given(wishes)
def test_without_reasons_there_never_is_a_gap(
    wanted: list[tuple[int, int | None, bool]],
) -> None:
    spans = [S(None, None)]
    for begin, length, _ in wanted:
        first = TODAY + timedelta(begin)
        last = None if length is None else first + timedelta(length)
        if not parties.check_entry(first, last, spans, gap_explained=False):
            before = parties.predecessor(spans, first)
            if before:
                before.until_on = first - timedelta(1)
            spans.append(S(first, last))
    assert parties.gaps(spans) == []


# ---- in the database -----------------------------------------------------------------------


@pytest.fixture
async def builders(session: Session, time: Time) -> list[Organisation]:
    time.move_to(NOW)
    await factories.areas(session)
    return [
        await factories.organisation(session, number, "contractor", name=f"路桥公司{number}")
        for number in (2, 3, 4)
    ]


@pytest.fixture
async def project(session: Session, builders: list[Organisation]) -> Project:
    developer = await factories.developer(session)
    return await factories.project(session, developer.id, contractor_id=str(builders[0].id))


async def on(session: Session, project: Project, day: date) -> dict[str, str]:
    found = await queries.parties.parties(
        session, project.id, NATION, PartyFilter(on=day), cursor=None, limit=50
    )
    return {one.role.value: one.organisation_name for one in found.items}


def codes(refused: pytest.ExceptionInfo[RegistrationRefused]) -> list[tuple[str, str]]:
    return [(finding.place, finding.code) for finding in refused.value.errors]


async def test_who_held_the_role_then_is_found_after_an_edit_and_after_late_news(
    session: Session, project: Project, builders: list[Organisation], published: Published
) -> None:
    body = ProjectPatch.model_validate({"version": 1, "contractor_id": str(builders[1].id)})
    await actions.projects.change_project(session, COUNTY, project.id, body, NOW)
    await session.flush()
    assert (await on(session, project, TODAY - timedelta(1)))["contractor"] == "路桥公司2"
    assert await on(session, project, TODAY) == {
        "developer": "县交通运输局", "contractor": "路桥公司3",
    }  # fmt: skip
    told = await published(session, ProjectPartyChanged)
    assert [(one.organisation_name, one.from_on, one.until_on) for one in told] == [
        ("路桥公司2", None, TODAY - timedelta(1)), ("路桥公司3", TODAY, None),
    ]  # fmt: skip
    # It is heard late that another one had the works from February to the edit.
    await factories.party(
        session, project.id, builders[2].id, from_on="2023-02-01", until_on="2023-04-09"
    )
    held = [(await on(session, project, day))["contractor"] for day in (
        date(2023, 1, 31), date(2023, 2, 1), date(2023, 4, 9), TODAY,
    )]  # fmt: skip
    assert held == ["路桥公司2", "路桥公司4", "路桥公司4", "路桥公司3"]
    assert project.contractor_id == builders[1].id


async def test_an_entry_that_holds_today_changes_the_project_and_its_card(
    session: Session, project: Project, builders: list[Organisation], published: Published
) -> None:
    await factories.party(session, project.id, builders[1].id)
    *_, changed = await published(session, ProjectChanged)
    assert isinstance(changed, ProjectChanged)
    assert changed.project.contractor_name == "路桥公司3"
    assert project.contractor_id == builders[1].id
    again = await factories.party(session, project.id, builders[1].id)
    assert again.version == 1
    with pytest.raises(PartyTaken):
        await factories.party(session, project.id, builders[1].id, until_on="2023-12-31")


async def test_a_role_that_is_taken_in_the_future_changes_the_project_on_its_day(
    session: Session, project: Project, builders: list[Organisation], published: Published
) -> None:
    await factories.party(session, project.id, builders[1].id, from_on="2023-05-01")
    assert project.contractor_id == builders[0].id
    assert await actions.participation.put_in_force(session, date(2023, 4, 30)) == 0
    assert await actions.participation.put_in_force(session, date(2023, 5, 1)) == 1
    assert project.contractor_id == builders[1].id
    await session.flush()
    assert await actions.participation.put_in_force(session, date(2023, 5, 1)) == 0


async def test_a_gap_is_refused_unless_it_is_explained_and_is_listed_then(
    session: Session, project: Project, builders: list[Organisation]
) -> None:
    [first] = await queries.parties.locked_parties(session, project.id, PartyRole.CONTRACTOR)

    async def end(**said: str) -> None:
        body = PartyPatch.model_validate(
            {"version": first.version, "until_on": "2023-02-28"} | said
        )
        await actions.participation.end_party(
            session, NATION, body, NOW, project_id=project.id, party_id=first.id
        )

    with pytest.raises(RegistrationRefused) as refused:
        await end()
    assert codes(refused) == [("until_on", "RoleGap")]
    await end(gap_reason="退场后重新招标")
    assert project.contractor_id is None
    with pytest.raises(RegistrationRefused) as refused:
        await factories.party(session, project.id, builders[1].id, from_on="2023-03-11")
    assert codes(refused) == [("from_on", "RoleGap")]
    assert "2023-03-10" in refused.value.errors[0].detail.en
    await factories.party(
        session, project.id, builders[1].id, from_on="2023-03-11", gap_reason="招标中"
    )
    found = await queries.parties.role_gaps(session, project.id, NATION, TODAY)
    assert [(gap.role, gap.from_on, gap.until_on, gap.reason) for gap in found.items] == [
        (PartyRole.CONTRACTOR, date(2023, 3, 1), date(2023, 3, 10), "退场后重新招标")
    ]


async def test_findings_of_a_party_come_at_once(
    session: Session, project: Project, builders: list[Organisation]
) -> None:
    await factories.party(session, project.id, builders[1].id)
    with pytest.raises(RegistrationRefused) as refused:
        await factories.party(
            session, project.id, project.developer_id, participant_type="099",
            from_on="2023-02-01",
        )  # fmt: skip
    assert codes(refused) == [
        ("participant_type", "CodeUnknown"), ("organisation_id", "RoleMissing"),
        ("from_on", "HeldAlready"),
    ]  # fmt: skip


async def test_a_contract_that_names_the_contractor_dates_the_role(
    session: Session, builders: list[Organisation]
) -> None:
    developer = await factories.developer(session)
    made = await factories.project(session, developer.id)
    await factories.works_contract(session, made.id, builders[0].id)
    assert "contractor" not in await on(session, made, date(2022, 12, 19))
    assert (await on(session, made, date(2022, 12, 20)))["contractor"] == "路桥公司2"


async def test_several_subcontractors_take_part_at_once(session: Session, project: Project) -> None:
    for number in (8, 9):
        unit = await factories.organisation(session, number, "subcontractor")
        await factories.party(
            session, project.id, unit.id, role="subcontractor", participant_type="006"
        )
    found = await queries.parties.parties(
        session, project.id, NATION, PartyFilter(role=PartyRole.SUBCONTRACTOR),
        cursor=None, limit=50,
    )  # fmt: skip
    assert len(found.items) == 2
    body = PartyPatch.model_validate({"version": 1, "until_on": "2023-03-31"})
    with pytest.raises(PartyUnknown):
        await actions.participation.end_party(
            session, NATION, body, NOW, project_id=project.id, party_id=project.id
        )
