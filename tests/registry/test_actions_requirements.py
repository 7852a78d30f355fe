"""Required systems of projects: enlisted, counted, shown, exempted, told."""

from datetime import date, timedelta

import pytest

from services.registry import actions, queries
from services.registry.errors import (
    EvidenceWithdrawn,
    ExemptionDecided,
    ExemptionOpen,
    RegistrationRefused,
    RequirementListTaken,
    RequirementUnknown,
    SecondPersonNeeded,
)
from services.registry.models import Project
from services.registry.rules.systems import Summary
from services.registry.schemas.calendars import CalendarIn
from services.registry.schemas.projects import ProjectFilter, ProjectPatch
from services.registry.schemas.requirements import (
    ExemptionIn,
    ProjectEvidenceIn,
    RequirementListIn,
    SystemSummaryFilter,
)
from shared import clock
from shared.areas import Scope
from shared.auth import Caller
from shared.db import Session
from shared.events.conditions import RegistryConditionEnded, RegistryConditionFound
from shared.workdays import DayKind
from tests.fixtures.service import Published, Time
from tests.registry import factories
from tests.registry.factories import NATION
from tests.registry.systems import (
    BEGINS,
    COLLEAGUE,
    FIVE,
    OFFICE,
    STARTS,
    by_kind,
    file,
    midnight,
    site,
    statuses,
    words,
)

TOLD = (RegistryConditionFound, RegistryConditionEnded)
FOUR = ["wage_account", "roster", "disbursement", "deposit"]


@pytest.fixture(autouse=True)
def _begun(time: Time) -> None:
    time.move_to(BEGINS)


async def test_a_new_project_has_what_its_area_s_list_asks_for(session: Session) -> None:
    here = await site(session)
    assert await statuses(session, here.project) == dict.fromkeys(FIVE, "not_done")
    rows = await by_kind(session, here.project)
    assert rows["roster"].due_on == rows["roster"].triggered_on == STARTS
    assert rows["deposit"].due_on is None


async def test_an_area_without_a_list_of_its_own_has_the_nation_s(session: Session) -> None:
    await site(session)
    facts = factories.facts(("33", "浙江省", "0"))
    await actions.areas.enter_areas(session, NATION, facts, clock.now())
    developer = await factories.organisation(session, 7, "developer")
    project = await factories.project(session, developer.id, code="ZJ-1", area_code="33")
    more = {"labour_contract", "wage_officer", "payment_guarantee"}
    assert (await statuses(session, project)).keys() == FIVE | more


async def test_limits_count_from_the_contract_and_move_to_the_permit_once_it_is_known(
    session: Session,
) -> None:
    here = await site(session)
    await factories.works_contract(
        session, here.project.id, here.contractor.id, signed_on="2023-04-20"
    )
    rows = await by_kind(session, here.project)
    assert rows["deposit"].due_on == date(2023, 5, 19)
    # 30 days after 20 April end on a Saturday.
    assert rows["wage_account"].due_on == date(2023, 5, 22)
    body = ProjectPatch(version=here.project.version, permitted_on=date(2023, 5, 8))
    await actions.projects.change_project(session, NATION, here.project.id, body, clock.now())
    rows = await by_kind(session, here.project)
    assert rows["deposit"].triggered_on == date(2023, 5, 8)
    assert rows["deposit"].due_on == date(2023, 6, 5)


async def test_payment_by_the_contractor_counts_from_the_account_once_there_is_one(
    session: Session, time: Time
) -> None:
    here = await site(session)
    rows = await by_kind(session, here.project)
    # 30 days after the start end on a working day; without an account the start counts.
    assert rows["disbursement"].due_on == date(2023, 5, 24)
    time.move_to(clock.at(date(2023, 5, 8), 9))
    await file(session, here.project, "wage_account")
    rows = await by_kind(session, here.project)
    assert rows["disbursement"].triggered_on == date(2023, 5, 8)
    assert rows["disbursement"].due_on == date(2023, 6, 7)


async def test_a_started_project_without_any_system_is_told_at_once_and_by_the_first_evidence_ended(
    session: Session, published: Published, time: Time
) -> None:
    here = await site(session)
    await midnight(session, STARTS - timedelta(days=1))
    assert await published(session, *TOLD) == []
    for _ in range(2):
        time.move_to(clock.at(STARTS))
        await midnight(session, STARTS)
    told = await published(session, *TOLD)
    assert words(told) == [
        ("no_systems", "found", "2023-04-24"),
        ("notice_board_missing", "found", "2023-04-24"),
    ]
    first = told[0]
    assert (first.subject_id, first.unit_id) == (here.project.id, here.developer.id)
    assert first.facts == ["works_started"]
    assert first.project.name == here.project.name
    assert told[1].unit_id == here.contractor.id
    time.move_to(clock.at(STARTS, 15))
    await file(session, here.project, "roster")
    assert words((await published(session, *TOLD))[2:]) == [
        ("no_systems", "ended", "evidence_filed")
    ]


async def test_what_is_put_right_before_midnight_of_its_registration_is_never_told(
    session: Session, published: Published, time: Time
) -> None:
    time.move_to(clock.at(STARTS, 9))
    here = await site(session)
    await file(session, here.project, *FIVE)
    await midnight(session, STARTS + timedelta(days=1))
    assert await published(session, *TOLD) == []


async def test_an_overdue_system_is_overdue_from_the_midnight_after_its_last_day(
    session: Session, published: Published
) -> None:
    here = await site(session)
    await file(session, here.project, "notice_board", "roster", "disbursement", "wage_account")
    await factories.works_contract(
        session, here.project.id, here.contractor.id, signed_on="2023-04-20"
    )
    assert words(await published(session, *TOLD)) == [("deposit_missing", "found", "2023-04-20")]
    await midnight(session, date(2023, 5, 19))
    assert (await statuses(session, here.project))["deposit"] == "not_done"
    for _ in range(2):
        await midnight(session, date(2023, 5, 20))
    assert (await statuses(session, here.project))["deposit"] == "overdue"
    # The finder tells no days of a ladder: it told at the beginning, and that is all.
    assert len(await published(session, *TOLD)) == 1


async def test_evidence_that_runs_out_lets_the_system_lack_since_that_day(
    session: Session, published: Published, time: Time
) -> None:
    here = await site(session)
    others = FIVE - {"notice_board"}
    await file(session, here.project, *others)
    await file(session, here.project, "notice_board", valid_until=date(2023, 5, 31))
    await midnight(session, date(2023, 5, 31))
    assert await published(session, *TOLD) == []
    await midnight(session, date(2023, 6, 1))
    assert words(await published(session, *TOLD)) == [
        ("notice_board_missing", "found", "2023-05-31")
    ]
    time.move_to(clock.at(date(2023, 6, 2), 9))
    await file(session, here.project, "notice_board")
    assert words(await published(session, *TOLD))[1:] == [
        ("notice_board_missing", "ended", "evidence_filed")
    ]


async def test_withdrawn_evidence_opens_what_it_had_ended(
    session: Session, published: Published, time: Time
) -> None:
    here = await site(session)
    time.move_to(clock.at(STARTS, 9))
    await file(session, here.project, "notice_board")
    row = (await by_kind(session, here.project))["notice_board"]
    found = await queries.requirements.evidence(session, row.id, NATION, cursor=None, limit=10)
    (one,) = found.items
    await actions.evidence.withdraw_evidence(session, OFFICE, one.id, "旧照片", clock.now())
    assert (await statuses(session, here.project))["notice_board"] == "not_done"
    assert words(await published(session, *TOLD)) == [
        ("no_systems", "found", "2023-04-24"),
        ("notice_board_missing", "found", "2023-04-24"),
    ]
    with pytest.raises(EvidenceWithdrawn):
        await actions.evidence.withdraw_evidence(session, OFFICE, one.id, "again", clock.now())
    # What was withdrawn may be shown again.
    await file(session, here.project, "notice_board")
    assert (await statuses(session, here.project))["notice_board"] == "done"


async def test_a_batch_is_taken_whole_or_not_at_all_and_twice_is_once(session: Session) -> None:
    here = await site(session)

    def item(kind: str, **changes: object) -> ProjectEvidenceIn:
        said = {"project_id": here.project.id, "kind": kind, "done_on": clock.today()}
        return ProjectEvidenceIn.model_validate({**said, "reference": "登记簿", **changes})

    wrong = [
        item("roster"),
        item("labour_filing"),
        item("deposit", done_on="2023-04-21"),
        item("deposit", project_id=here.developer.id),
    ]
    with pytest.raises(RegistrationRefused) as refused:
        await actions.evidence.file_evidence_batch(session, OFFICE, wrong, clock.now())
    assert [(each.place, each.code) for each in refused.value.errors] == [
        ("items[1].kind", "SystemNotRequired"),
        ("items[2].done_on", "DayAhead"),
        ("items[3].project_id", "ProjectUnknown"),
    ]
    assert (await statuses(session, here.project))["roster"] == "not_done"
    right = [item("roster"), item("deposit"), item("deposit")]
    for filed in (2, 0):
        done = await actions.evidence.file_evidence_batch(session, OFFICE, right, clock.now())
        await session.flush()
        assert (done.filed, done.unchanged) == (filed, 3 - filed)


async def test_who_does_not_see_the_project_files_nothing(session: Session) -> None:
    here = await site(session)
    row = (await by_kind(session, here.project))["roster"]
    shown = actions.evidence.Shown(clock.today(), reference="x")
    stranger = Caller("a", frozenset({"town"}), frozenset({"422822"}))
    with pytest.raises(RequirementUnknown):
        await actions.evidence.file_evidence(session, stranger, row.id, shown, clock.now())


def exempt(**changes: object) -> ExemptionIn:
    said = {"type": "small_works", "reason": "合同额低于 300 万元", "until_on": "2023-06-30"}
    return ExemptionIn.model_validate(said | changes)


async def test_an_exemption_needs_two_persons_and_ends_by_its_timer(
    session: Session, published: Published, time: Time
) -> None:
    here = await site(session)
    await factories.works_contract(session, here.project.id, here.contractor.id)
    row = (await by_kind(session, here.project))["deposit"]
    asked = await actions.exemptions.propose_exemption(
        session, OFFICE, row.id, exempt(), clock.now()
    )
    again = await actions.exemptions.propose_exemption(
        session, OFFICE, row.id, exempt(), clock.now()
    )
    assert again is asked
    with pytest.raises(ExemptionOpen):
        await actions.exemptions.propose_exemption(
            session, COLLEAGUE, row.id, exempt(reason="其他"), clock.now()
        )
    # The contract is of December.
    assert (await statuses(session, here.project))["deposit"] == "overdue"
    with pytest.raises(SecondPersonNeeded):
        await actions.exemptions.confirm_exemption(session, OFFICE, asked.id, clock.now())
    await actions.exemptions.confirm_exemption(session, COLLEAGUE, asked.id, clock.now())
    assert (await statuses(session, here.project))["deposit"] == "exempt"
    with pytest.raises(ExemptionDecided):
        await actions.exemptions.confirm_exemption(session, COLLEAGUE, asked.id, clock.now())
    assert words(await published(session, *TOLD)) == [
        ("deposit_missing", "found", "2022-12-20"),
        ("deposit_missing", "ended", "exempted"),
    ]
    await midnight(session, date(2023, 6, 30))
    assert (await statuses(session, here.project))["deposit"] == "exempt"
    due_at = clock.day_end(date(2023, 6, 30))
    time.move_to(due_at)
    for _ in range(2):
        await actions.exemptions.lapse_exemption(session, asked.id, due_at)
    assert (await statuses(session, here.project))["deposit"] == "overdue"
    assert ("deposit_missing", "found", "2022-12-20") in words(await published(session, *TOLD))[2:]


async def test_what_was_asked_for_too_long_or_is_over_is_refused(session: Session) -> None:
    here = await site(session)
    row = (await by_kind(session, here.project))["deposit"]
    for until in ("2023-04-19", "2024-04-21"):
        with pytest.raises(RegistrationRefused):
            await actions.exemptions.propose_exemption(
                session, OFFICE, row.id, exempt(until_on=until), clock.now()
            )
    asked = await actions.exemptions.propose_exemption(
        session, OFFICE, row.id, exempt(), clock.now()
    )
    await actions.exemptions.end_exemption(session, OFFICE, asked.id, clock.now())
    with pytest.raises(ExemptionDecided):
        await actions.exemptions.confirm_exemption(session, COLLEAGUE, asked.id, clock.now())


def a_list(version: int, kinds: list[str], **changes: object) -> RequirementListIn:
    def kind(code: str) -> dict[str, object]:
        rule = {"triggers": ["start"], "length": 0, "basis": "街道方案", "certainty": "B"}
        return {"code": code, "zh": code, "en": code, **rule}

    said = {"area_code": "422828101", "valid_from": "2023-05-01", "basis": "方案"}
    body = {"version": version, "kinds": [kind(each) for each in kinds], "certainty": "B"}
    return RequirementListIn.model_validate({**said, **body, **changes})


async def test_four_instead_of_five_is_a_row_and_no_code(session: Session) -> None:
    here = await site(session)
    await file(session, here.project, *FOUR)
    enter = actions.requirement_lists.enter_requirement_list
    made = await enter(session, OFFICE, a_list(1, FOUR), clock.now())
    assert await enter(session, OFFICE, a_list(1, FOUR), clock.now()) is made
    with pytest.raises(RequirementListTaken):
        await enter(session, OFFICE, a_list(1, FOUR[:3]), clock.now())
    await midnight(session, date(2023, 4, 30))
    assert (await statuses(session, here.project))["notice_board"] == "overdue"
    assert not await _all_in_place(session)
    await midnight(session, date(2023, 5, 1))
    assert (await statuses(session, here.project))["notice_board"] == "not_required"
    assert await _all_in_place(session) == [here.project.id]
    # Asked for again, it stands where it would have stood.
    await enter(
        session, OFFICE, a_list(2, [*FOUR, "notice_board"], valid_from="2023-05-03"), clock.now()
    )
    await midnight(session, date(2023, 5, 3))
    assert (await statuses(session, here.project))["notice_board"] == "overdue"


async def _all_in_place(session: Session) -> list[object]:
    wanted = ProjectFilter.model_validate({"systems": "all"})
    found = await queries.projects.projects(
        session, NATION, wanted, cursor=None, changed_after=None, limit=10
    )
    return [project.id for project in found.items]


async def test_a_new_calendar_moves_open_limits_only(session: Session) -> None:
    here = await site(session)
    await factories.works_contract(
        session, here.project.id, here.contractor.id, signed_on="2023-04-20"
    )
    await file(session, here.project, "wage_account")
    free = {date(2023, 5, 22): DayKind.HOLIDAY, date(2023, 5, 19): DayKind.HOLIDAY}
    days = CalendarIn(area_code="422828", year=2023, exceptions=free)
    await actions.calendars.publish_calendar(session, NATION, days, clock.now())
    await midnight(session, date(2023, 4, 21))
    rows = await by_kind(session, here.project)
    assert rows["deposit"].due_on == date(2023, 5, 23)
    assert rows["wage_account"].due_on == date(2023, 5, 22)


async def _summary(session: Session, day: date, scope: Scope = NATION) -> Summary:
    only = SystemSummaryFilter.model_validate({"by": "developer"}).model_copy(update={"as_of": day})
    return await queries.summaries.system_summary(session, scope, only, clock.today())


async def test_the_board_says_of_a_past_day_what_it_said_then(session: Session, time: Time) -> None:
    here = await site(session)
    time.move_to(clock.at(date(2023, 4, 25), 10))
    await file(session, here.project, "roster", "deposit")
    time.move_to(clock.at(date(2023, 4, 26), 10))
    await file(session, here.project, "wage_account")
    told = [await _summary(session, date(2023, 4, day)) for day in (19, 24, 25, 26)]
    assert [(one.total.done, one.total.required) for one in told] == [
        (0, 0),
        (0, 5),
        (2, 5),
        (3, 5),
    ]
    last = told[-1]
    assert [(one.name, one.tally.none_done) for one in last.items] == [("县交通运输局", 0)]
    assert {one.kind: one.done for one in last.total.systems} == {
        "wage_account": 1, "roster": 1, "disbursement": 0, "deposit": 1, "notice_board": 0,
    }  # fmt: skip
    await _complete(session, here.project)
    assert (await _summary(session, date(2023, 4, 26))).total.projects == 0
    assert (await _summary(session, date(2023, 4, 25))).total.done == 2


async def _complete(session: Session, project: Project) -> None:
    body = ProjectPatch.model_validate({"version": project.version, "status": "004"})
    await actions.projects.change_project(session, NATION, project.id, body, clock.now())
    await session.flush()


async def test_a_contractor_counts_its_own_projects_only(session: Session) -> None:
    here = await site(session)
    await session.flush()
    own = await _summary(session, clock.today(), Scope(NATION.areas, here.contractor.id))
    other = await _summary(session, clock.today(), Scope(NATION.areas, here.project.id))
    assert (own.total.projects, other.total.projects) == (1, 0)


async def test_a_complete_project_is_told_of_no_more(
    session: Session, published: Published, time: Time
) -> None:
    here = await site(session)
    time.move_to(clock.at(STARTS))
    await midnight(session, STARTS)
    body = ProjectPatch.model_validate({"version": here.project.version, "status": "004"})
    await actions.projects.change_project(session, NATION, here.project.id, body, clock.now())
    told = words(await published(session, RegistryConditionEnded))
    assert told == [
        ("no_systems", "ended", "project_closed"),
        ("notice_board_missing", "ended", "project_closed"),
    ]
