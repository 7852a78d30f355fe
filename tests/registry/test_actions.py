"""Organisations and projects: rows and events out."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from services.registry import actions, queries
from services.registry.errors import (
    CreditCodeTaken,
    OrganisationUnknown,
    ProjectCodeTaken,
    RegistrationRefused,
)
from services.registry.models import Organisation, Project
from services.registry.schemas.organisations import OrganisationFilter, OrganisationPatch
from services.registry.schemas.projects import ProjectFilter, ProjectPatch
from shared import clock
from shared.areas import Scope
from shared.db import Session
from shared.events.registry import (
    OrganisationChanged,
    OrganisationRegistered,
    ProjectChanged,
    ProjectRegistered,
)
from shared.problems import Problem, Stale
from tests.fixtures.service import Published
from tests.registry import factories
from tests.registry.factories import COUNTY, NATION

NOW = clock.at(date(2023, 1, 10), 9)
NEIGHBOUR = Scope(frozenset({"422822"}))


def codes(refused: pytest.ExceptionInfo[Problem]) -> list[tuple[str, str]]:
    return [(finding.place, finding.code) for finding in refused.value.errors]


async def test_an_organisation_of_any_trade_is_registered_and_told(
    session: Session, published: Published
) -> None:
    await factories.areas(session)
    made = await factories.organisation(
        session, 1, "employer", "employer", trades=["餐饮", "培训", "餐饮"]
    )
    (told,) = await published(session, OrganisationRegistered)
    assert told.organisation_id == made.id
    assert told.credit_code == factories.credit_code(1)
    assert (told.roles, told.trades) == (["employer"], ["培训", "餐饮"])


async def test_an_organisation_s_findings_come_at_once(session: Session) -> None:
    with pytest.raises(RegistrationRefused) as refused:
        await factories.organisation(
            session, 1, "bank", credit_code="911100006000373411",
            hardship=[{"tag": "停产", "from_on": "2023-01-02", "until_on": "2023-01-01"}],
        )  # fmt: skip
    assert codes(refused) == [
        ("credit_code", "CreditCodeWrong"),
        ("hardship[0].until_on", "EndsBeforeStart"),
        ("area_code", "AreaUnknown"),
    ]


async def test_the_same_organisation_again_is_the_first_and_another_content_is_refused(
    session: Session, published: Published
) -> None:
    await factories.areas(session)
    first = await factories.organisation(session, 1, "bank")
    assert (await factories.organisation(session, 1, "bank")).id == first.id
    with pytest.raises(CreditCodeTaken) as refused:
        await factories.organisation(session, 1, "bank", name="另一银行")
    assert factories.credit_code(1) in refused.value.document("zh")["detail"]
    assert refused.value.extra == {"organisation_id": str(first.id)}
    assert len(await published(session, OrganisationRegistered)) == 1


async def _change(session: Session, row: Organisation, **changes: Any) -> Organisation:
    body = OrganisationPatch.model_validate({"version": row.version} | changes)
    made = await actions.organisations.change_organisation(session, NATION, row.id, body, NOW)
    await session.flush()
    return made


async def test_a_new_name_reaches_the_organisation_s_readers_and_its_projects_cards(
    session: Session, published: Published
) -> None:
    await factories.areas(session)
    developer = await factories.developer(session)
    project = await factories.project(session, developer.id)
    await _change(session, developer, name="县交通局")
    (changed,) = await published(session, OrganisationChanged)
    (card,) = await published(session, ProjectChanged)
    assert (changed.name, developer.version) == ("县交通局", 2)
    assert (card.project_id, card.project.developer_name) == (project.id, "县交通局")


async def test_an_edit_without_a_difference_tells_nothing(
    session: Session, published: Published
) -> None:
    await factories.areas(session)
    developer = await factories.developer(session)
    await _change(session, developer, name=developer.name, roles=["developer"])
    assert developer.version == 1
    assert await published(session, OrganisationChanged) == []


async def test_a_stale_edit_of_an_organisation_is_refused(session: Session) -> None:
    await factories.areas(session)
    developer = await factories.developer(session)
    await _change(session, developer, trades=["建筑"])
    with pytest.raises(Stale):
        await _change(session, developer, version=1, name="甲")


async def test_another_county_cannot_change_an_organisation(session: Session) -> None:
    await factories.areas(session)
    developer = await factories.developer(session)
    body = OrganisationPatch(version=1, name="甲")
    with pytest.raises(OrganisationUnknown):
        await actions.organisations.change_organisation(session, NEIGHBOUR, developer.id, body, NOW)
    moved = OrganisationPatch(version=1, area_code="422822")
    with pytest.raises(RegistrationRefused) as refused:
        await actions.organisations.change_organisation(session, COUNTY, developer.id, moved, NOW)
    assert codes(refused) == [("area_code", "AreaUnknown")]


async def _names(session: Session, scope: Scope = NATION, **wanted: Any) -> list[str]:
    found = await queries.organisations.organisations(
        session, scope, OrganisationFilter.model_validate(wanted), today=date(2023, 1, 10),
        cursor=None, changed_after=None, limit=50,
    )  # fmt: skip
    return [row.name for row in found.items]


async def test_organisations_are_found_by_each_filter(session: Session) -> None:
    await factories.areas(session)
    hardship = [{"tag": "停产", "from_on": "2023-01-10", "until_on": "2023-01-20"}]
    await factories.organisation(
        session, 1, "employer", name="甲%餐饮店", trades=["餐饮"], hardship=hardship
    )
    await factories.organisation(session, 2, "bank", "employer", name="乙银行", area_code="422822")
    assert await _names(session, role="employer") == ["甲%餐饮店", "乙银行"]
    assert await _names(session, role="bank") == ["乙银行"]
    assert await _names(session, trade="餐饮") == ["甲%餐饮店"]
    assert await _names(session, hardship="停产") == ["甲%餐饮店"]
    assert await _names(session, hardship="停产", on="2023-01-20") == ["甲%餐饮店"]
    assert await _names(session, hardship="停产", on="2023-01-21") == []
    assert await _names(session, hardship="停业") == []
    assert await _names(session, area_code="422822") == ["乙银行"]
    assert await _names(session, name="银") == ["乙银行"]
    assert await _names(session, name="%") == ["甲%餐饮店"]
    assert await _names(session, credit_code=factories.credit_code(2)) == ["乙银行"]


async def test_a_contractor_from_elsewhere_is_seen_where_it_builds(session: Session) -> None:
    await factories.areas(session)
    developer = await factories.developer(session)
    contractor = await factories.contractor(session)
    assert await _names(session, COUNTY) == [developer.name]
    await factories.project(session, developer.id, contractor_id=str(contractor.id))
    assert await _names(session, COUNTY) == [developer.name, contractor.name]
    own = Scope(COUNTY.areas, contractor.id)
    assert await _names(session, own) == [developer.name, contractor.name]
    stranger = Scope(COUNTY.areas, uuid4())
    assert await _names(session, stranger) == []


async def test_a_project_is_registered_and_its_card_told(
    session: Session, published: Published
) -> None:
    await factories.areas(session)
    developer = await factories.developer(session)
    contractor = await factories.contractor(session)
    project = await factories.project(session, developer.id, contractor_id=str(contractor.id))
    (told,) = await published(session, ProjectRegistered)
    assert told.project.model_dump(exclude_none=True) == {
        "project_id": project.id,
        "name": "产业路硬化工程",
        "area_code": "422828101",
        "status": "003",
        "investment_type": "government",
        "developer_id": developer.id,
        "developer_name": "县交通运输局",
        "contractor_id": contractor.id,
        "contractor_name": "建始路桥公司",
        "supervised_since": date(2023, 1, 1),
    }


async def test_a_project_s_findings_come_at_once(session: Session) -> None:
    await factories.areas(session)
    bank = await factories.organisation(session, 1, "bank")
    with pytest.raises(RegistrationRefused) as refused:
        await factories.project(
            session, uuid4(), contractor_id=str(bank.id), sector_authority_id=str(bank.id),
            category="13", size="9", area_code="43",
        )  # fmt: skip
    assert sorted(codes(refused)) == [
        ("area_code", "AreaUnknown"),
        ("category", "CodeUnknown"),
        ("contractor_id", "RoleMissing"),
        ("developer_id", "OrganisationUnknown"),
        ("sector_authority_id", "RoleMissing"),
        ("size", "CodeUnknown"),
    ]


async def test_the_same_project_again_is_the_first_also_when_its_contractor_came_since(
    session: Session, published: Published
) -> None:
    await factories.areas(session)
    developer = await factories.developer(session)
    contractor = await factories.contractor(session)
    first = await factories.project(session, developer.id)
    await factories.works_contract(session, first.id, contractor.id)
    assert (await factories.project(session, developer.id)).id == first.id
    with pytest.raises(ProjectCodeTaken) as refused:
        await factories.project(session, developer.id, name="另一工程")
    assert first.code in refused.value.document("en")["detail"]
    assert len(await published(session, ProjectRegistered)) == 1


async def test_a_changed_project_is_told_and_a_stale_edit_refused(
    session: Session, published: Published
) -> None:
    await factories.areas(session)
    developer = await factories.developer(session)
    project = await factories.project(session, developer.id)
    other = await factories.organisation(session, 3, "developer", name="县水利局")
    body = ProjectPatch.model_validate(
        {"version": 1, "status": "004", "developer_id": str(other.id), "supervised_since": None}
    )
    await actions.projects.change_project(session, NATION, project.id, body, NOW)
    (told,) = await published(session, ProjectChanged)
    assert (told.project.status, told.project.developer_name) == ("004", "县水利局")
    assert told.project.supervised_since is None
    assert project.version == 2
    with pytest.raises(Stale):
        await actions.projects.change_project(session, NATION, project.id, body, NOW)


async def test_an_edit_of_a_project_is_checked_only_where_it_differs(
    session: Session, published: Published
) -> None:
    await factories.areas(session)
    developer = await factories.developer(session)
    project = await factories.project(session, developer.id)
    same = ProjectPatch(version=1, name=project.name, category="05")
    await actions.projects.change_project(session, NATION, project.id, same, NOW)
    assert await published(session, ProjectChanged) == []
    wrong = ProjectPatch(version=1, area_code="422822", category="77")
    with pytest.raises(RegistrationRefused) as refused:
        await actions.projects.change_project(session, COUNTY, project.id, wrong, NOW)
    assert codes(refused) == [("category", "CodeUnknown"), ("area_code", "AreaUnknown")]


async def _codes(session: Session, scope: Scope = NATION, **wanted: Any) -> list[str]:
    asked = ProjectFilter.model_validate(wanted)
    found = await queries.projects.projects(
        session, scope, asked, cursor=None, changed_after=None, limit=50
    )
    counted = await queries.projects.project_counts(session, scope, asked)
    assert counted.total == len(found.items)
    return [row.code for row in found.items]


async def test_projects_are_found_and_counted_by_each_filter(session: Session) -> None:
    await factories.areas(session)
    developer = await factories.developer(session)
    authority = await factories.organisation(session, 3, "sector_authority", "developer")
    await factories.project(session, developer.id, code="A")
    await factories.project(
        session, authority.id, code="B", area_code="422822", investment_type="ppp", status="004",
        sector_authority_id=str(authority.id),
    )  # fmt: skip
    await factories.project(session, developer.id, code="C", supervised_since=None)
    await factories.project(session, developer.id, code="D", supervised_since="2023-03-01")
    assert sorted(await _codes(session)) == ["A", "B", "C", "D"]
    assert await _codes(session, supervised_on="2023-02-28") == ["A"]
    assert sorted(await _codes(session, supervised_on="2023-03-01")) == ["A", "D"]
    assert await _codes(session, developer_id=str(authority.id)) == ["B"]
    assert await _codes(session, sector_authority_id=str(authority.id)) == ["B"]
    assert sorted(await _codes(session, area_code="422828")) == ["A", "C", "D"]
    assert await _codes(session, area_code="43") == []
    assert await _codes(session, investment_type="ppp") == ["B"]
    assert sorted(await _codes(session, status="003")) == ["A", "C", "D"]
    assert await _codes(session, code="C") == ["C"]
    assert await _codes(session, NEIGHBOUR) == ["B"]
    assert await _codes(session, Scope(NATION.areas, authority.id)) == ["B"]


async def test_a_project_lies_in_exactly_one_area_path(session: Session) -> None:
    await factories.areas(session)
    developer = await factories.developer(session)
    lies_in = {"A": "422828101201", "B": "422828102", "C": "422828", "D": "422822"}
    for code, area in lies_in.items():
        await factories.project(session, developer.id, code=code, area_code=area)

    async def found(*areas: str) -> list[str]:
        return sorted([code for area in areas for code in await _codes(session, area_code=area)])

    # Each level above has it once, and siblings share none: parts sum to the whole.
    assert await found("422828101201") == await found("422828101") == ["A"]
    assert await found("422828101", "422828102") == ["A", "B"]
    assert await found("422828") == ["A", "B", "C"]
    assert await found("422828", "422822") == await found("4228") == await found("0") == [*"ABCD"]
    # A move takes it out of the one path into the other; nowhere is no place.
    [moved] = [one for one in await session.scalars(select(Project)) if one.code == "A"]
    body = ProjectPatch(version=moved.version, area_code="422828102")
    await actions.projects.change_project(session, NATION, moved.id, body, clock.now())
    await session.flush()
    assert (await found("422828101"), await found("422828102")) == ([], ["A", "B"])
    with pytest.raises(RegistrationRefused) as refused:
        await factories.project(session, developer.id, code="E", area_code="422899")
    assert codes(refused) == [("area_code", "AreaUnknown")]
