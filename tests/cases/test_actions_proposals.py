"""Arrears cases: proposed at red, decided by the office, or opened by themselves."""

import pytest

from services.cases import actions, handlers
from services.cases.errors import (
    ProposalDecided,
    ProposalUnknown,
)
from services.cases.rules.items import ProposalState
from shared import timers
from shared.auth import Caller
from shared.db import Session
from shared.events.cases import (
    ArrearsCaseOpened,
    CaseProposed,
)
from tests.cases import factories as make
from tests.cases.factories import COUNTY, NEIGHBOUR, an_id, at
from tests.fixtures.service import Published

OFFICE = Caller("office", frozenset({"wage_office"}), frozenset({COUNTY}))
OTHER = Caller("other", frozenset({"wage_office"}), frozenset({NEIGHBOUR}))


@pytest.fixture(autouse=True)
async def _world(session: Session) -> None:
    await make.world(session)


async def test_red_proposes_a_case_that_opens_by_itself_after_thirty_working_days(
    session: Session, published: Published
) -> None:
    item = await make.red_item(session)
    [proposal] = await make.proposals(session)
    assert (proposal.state, proposal.proposed_at) == ("open", at("2023-06-25 09:00"))
    [armed] = await timers.armed(session, proposal.id)
    assert (armed.kind, armed.due_at) == ("case", at("2023-07-07 09:00"))
    [proposed] = await published(session, CaseProposed)
    assert (proposed.proposal_id, proposed.watch_item_id) == (proposal.id, item.id)
    for _ in range(2):
        await actions.proposals.open_case_by_rule(session, proposal.id, armed.due_at)
    [case] = await make.cases(session)
    [opened] = await published(session, ArrearsCaseOpened)
    assert (opened.arrears_case_id, opened.by_rule) == (case.id, True)
    assert opened.occurred_at == case.opened_at == at("2023-07-07 09:00")
    assert (proposal.state, proposal.by_rule) == ("confirmed", True)
    assert ("case_opened", "red", "red") in await make.told(session, item)


async def test_a_project_has_one_proposal_however_many_items_are_red(
    session: Session, published: Published
) -> None:
    await make.red_item(session)
    await make.open_item(session, make.missed("2023-06"))
    assert len(await published(session, CaseProposed)) == 1


async def test_the_office_confirms_and_nothing_is_left_to_happen_by_itself(
    session: Session, published: Published
) -> None:
    await make.red_item(session)
    [proposal] = await make.proposals(session)
    now = at("2023-06-26 10:00")
    await actions.proposals.confirm_proposal(session, OFFICE, proposal.id, now)
    [opened] = await published(session, ArrearsCaseOpened)
    assert (opened.by_rule, opened.opened_at) == (False, now)
    assert (proposal.state, proposal.due_at) == ("confirmed", None)
    assert await timers.armed(session, proposal.id) == []
    with pytest.raises(ProposalDecided):
        await actions.proposals.refuse_proposal(session, OFFICE, proposal.id, "late", now)


async def test_no_second_proposal_while_a_case_is_open(
    session: Session, published: Published
) -> None:
    await make.red_item(session)
    [proposal] = await make.proposals(session)
    now = at("2023-06-26 10:00")
    await actions.proposals.confirm_proposal(session, OFFICE, proposal.id, now)
    await make.open_item(session, make.missed("2023-06", occurred_at=at("2023-06-27 00:00")))
    assert len(await published(session, CaseProposed)) == 1


async def test_a_refusal_holds_until_the_next_miss(session: Session, published: Published) -> None:
    item = await make.red_item(session, "2023-05")
    [first] = await make.proposals(session)
    await actions.proposals.refuse_proposal(
        session, OFFICE, first.id, "funds on the way", at("2023-06-26 10:00")
    )
    assert await timers.armed(session, first.id) == []
    # Red is repeated each working day; that is no new miss.
    await make.climb_to(session, item, "2023-07-20 00:00")
    assert len(await make.proposals(session)) == 1
    july = make.missed("2023-07")
    await make.open_item(session, july)
    [_, second] = await make.proposals(session)
    assert (second.state, second.proposed_at) == ("open", july.occurred_at)
    # D + 30 wd of the oldest open miss is over, so the case would open at once.
    assert (await timers.armed(session, second.id))[0].due_at == july.occurred_at
    assert len(await published(session, CaseProposed)) == 2


async def test_another_item_that_turns_red_after_a_refusal_is_no_new_miss(
    session: Session,
) -> None:
    await make.open_item(session, make.missed("2023-03"))
    late = await make.open_item(session, make.missed("2023-05"))
    march = await make.item_about(session, an_id("p", "2023-03"))
    await make.climb_to(session, march, "2023-06-20 00:00")
    [first] = await make.proposals(session)
    now = at("2023-06-20 10:00")
    await actions.proposals.refuse_proposal(session, OFFICE, first.id, "a dispute", now)
    await make.climb_to(session, late, "2023-06-25 09:00")
    assert late.level == "red"
    assert [one.state for one in await make.proposals(session)] == [ProposalState.REFUSED]


async def test_a_proposal_without_a_red_item_left_is_withdrawn(session: Session) -> None:
    item = await make.red_item(session)
    await handlers.on_transfer_received(
        session, make.received("2023-05", "0.00", "2023-06-28 10:00")
    )
    [proposal] = await make.proposals(session)
    assert (proposal.state, proposal.reason) == ("withdrawn", "no_red_item_left")
    assert proposal.decided_at == at("2023-06-28 10:00")
    assert await timers.armed(session, proposal.id) == []
    assert ("case_withdrawn", "red", "repeat") in await make.told(session, item)


async def test_a_proposal_stays_while_another_item_is_red(session: Session) -> None:
    await make.red_item(session)
    await make.open_item(session, make.missed("2023-06"))
    await handlers.on_transfer_received(
        session, make.received("2023-05", "0.00", "2023-06-28 10:00")
    )
    [proposal] = await make.proposals(session)
    assert proposal.state == "open"
    # June is the oldest open miss now: thirty working days after 25 June.
    [armed] = await timers.armed(session, proposal.id)
    assert armed.due_at == proposal.due_at == at("2023-08-04 09:00")


async def test_an_older_miss_found_late_brings_the_case_forward(session: Session) -> None:
    await make.open_item(session, make.missed("2023-05"))
    await make.open_item(session, make.missed("2023-06"))
    [proposal] = await make.proposals(session)
    assert proposal.due_at == at("2023-07-07 09:00")
    late = make.missed("2023-04", occurred_at=at("2023-06-27 15:00"))
    await make.open_item(session, late)
    assert proposal.due_at == at("2023-06-27 15:00")


async def test_a_proposal_of_another_area_is_not_there(session: Session) -> None:
    await make.red_item(session)
    [proposal] = await make.proposals(session)
    with pytest.raises(ProposalUnknown):
        await actions.proposals.confirm_proposal(
            session, OTHER, proposal.id, at("2023-06-26 10:00")
        )
