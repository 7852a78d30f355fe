"""What people decided since a backup is heard back: same ids, instants, states and ladders."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from services.cases import actions, queries
from services.cases.models import (
    ArrearsCase,
    CaseProposal,
    Closing,
    CorrectionOrder,
    Evidence,
    Extension,
    OrderNumber,
    OrderStep,
    WatchItem,
    WatchItemEntry,
)
from services.cases.rules.items import LOST_WORDS
from services.cases.rules.orders import ServedHow
from services.cases.schemas.answers import AnswerIn, AssigneeIn, VerifyIn
from services.cases.schemas.closings import ClosingDecisionIn, ClosingIn, ReopeningIn
from services.cases.schemas.extensions import ExtensionDecisionIn, ExtensionIn
from services.cases.schemas.orders import CheckIn, DraftIn, PenaltyIn, ProofIn, ServeIn, SignIn
from services.cases.service import service
from shared import clock
from shared.auth import Caller
from shared.db import Session, Sessions, engine, new_id
from shared.events.base import Event
from shared.files import FileKind, Kept
from shared.inbox import Inbox
from shared.journals import Books, unsaid
from shared.outbox import OutboxRow, message, publish
from shared.past import Retelling
from shared.timers import Timer
from tests.cases import factories as make
from tests.cases.factories import COUNTY, an_id
from tests.fixtures.database import Databases, connected, load


def at(said: str) -> datetime:
    """Give an instant as the clock does."""
    return make.at(said).astimezone(UTC)


PAYER = Caller("payer", frozenset({"developer"}), frozenset({COUNTY}), make.DEVELOPER)
OFFICE = Caller("office", frozenset({"wage_office"}), frozenset({COUNTY}))
CLERK = Caller("clerk", frozenset({"inspector"}), frozenset({COUNTY}))
PEOPLE = {"payer", "office", "clerk"}
AGREEMENT = ("agreement_missing", "2023-04-20", "2023-04-20 10:00")
GUARANTEE = ("payment_guarantee_missing", "2023-04-14", "2023-04-14 09:00")
ALL: list[type[Any]] = [WatchItem, WatchItemEntry, Timer, CorrectionOrder, CaseProposal]
ALL += [OrderNumber, OrderStep, ArrearsCase, Closing, Extension, Evidence]
# Of its own day, of its own row, or a word that no event tells.
_LEFT_OUT = {"changed_at", "changed_xid", "reason", "decision", "explanation", "actor"}
# What is written of a paper, and which papers were named beside it, is told to nobody.
_LEFT_OUT |= {"facts", "text", "checked", "drafted_by", "proof"}
_NAMED_ANEW = {
    WatchItemEntry: {"id"},
    Timer: {"id", "fired_at"},
    OrderStep: {"id"},
    OrderNumber: {"id"},
}
ENDS = at("2023-06-20 12:00")


@dataclass
class World:
    """A cases that lived, one restored to before it all, who spoke to it, and who heard it."""

    lived: Books
    restored: Books
    registry: Books
    payroll: Books
    ear: Books

    async def tell(self, speaker: Books, *events: Event) -> None:
        """Let a service say something, and cases hear it."""
        inbox = Inbox(self.lived.sessions, service.handles)
        for event in events:
            await self.pass_time(event.occurred_at)
            async with speaker.sessions.begin() as session:
                publish(session, event)
            async with connected(speaker.sessions.url) as connection:
                await connection.execute("UPDATE outbox SET sent_at = now()")
            async with speaker.sessions.begin() as session:
                row = (await session.execute(select(*OutboxRow.__table__.c))).mappings()
                told = next(one for one in row if one["id"] == event.id)
            await inbox.receive(message(speaker.name, told))

    async def pass_time(self, until: Any) -> None:  # noqa: ANN401  an instant
        """Let what falls due until then fall due."""
        clock.follow(until)
        async with self.lived.sessions.begin() as session:
            await make.pass_time(session, until)

    async def item(self, session: Session, kind: str) -> UUID:
        """Give the item of a kind."""
        return (await session.scalars(select(WatchItem.id).where(WatchItem.kind == kind))).one()

    async def hear_all(self) -> None:
        """Let alerts have heard all that cases said."""

        async def nothing(_session: Session, _event: Event) -> None:
            """Only the inbox's row counts here."""

        inbox = Inbox(self.ear.sessions, dict.fromkeys(service.publishes, nothing))
        async with self.lived.sessions.begin() as session:
            rows = select(*OutboxRow.__table__.c).order_by(OutboxRow.position)
            said = (await session.execute(rows)).mappings().all()
        for row in said:
            await inbox.receive(message("cases", row))


@pytest.fixture
async def world(databases: Databases) -> AsyncIterator[World]:
    async with AsyncExitStack() as held:

        async def books(name: str) -> Books:
            url = await databases.clone(name)
            manifest = load(name)
            pool = engine(url, pool_size=4)
            made = Sessions(pool, url=url, service=name, publishes=manifest.publishes)
            held.push_async_callback(made.close)
            return Books(manifest, made)

        clock.follow(at("2023-04-01 09:00"))
        names = ("cases", "cases", "registry", "payroll", "alerts")
        lived, restored, registry, payroll, ear = [await books(name) for name in names]
        made = World(lived, restored, registry, payroll, ear)
        for one in (made.lived, made.restored):
            async with one.sessions.begin() as session:
                await make.world(session)
        yield made
        clock.follow(None)


async def rows(books: Books, model: Any) -> list[dict[str, Any]]:  # noqa: ANN401  a table
    """Give a table's rows, but for words and the days on which rows were written."""
    left_out = _LEFT_OUT | _NAMED_ANEW.get(model, set())
    async with books.sessions.begin() as session:
        found = (await session.execute(select(*model.__table__.c))).mappings().all()
    shown = [{k: v for k, v in row.items() if k not in left_out} for row in found]
    for row in shown:
        if isinstance(row.get("details"), dict):
            row["details"] = {k: v for k, v in row["details"].items() if k not in _LEFT_OUT}
    first = ("id", "watch_item_id", "order_id", "subject_id", "at", "due_at", "what")
    return sorted(shown, key=lambda row: [str(row.get(name)) for name in first] + [str(row)])


async def people(books: Books) -> list[tuple[Any, ...]]:
    """Give who did what when, as timelines tell."""
    columns = (WatchItemEntry.at, WatchItemEntry.actor, WatchItemEntry.what)
    theirs = WatchItemEntry.actor.in_(PEOPLE)
    async with books.sessions.begin() as session:
        return sorted(map(tuple, await session.execute(select(*columns).where(theirs))))


async def bring(session: Session, item_id: UUID, caller: Caller, now: str) -> UUID:
    kept = Kept(new_id(), FileKind.PDF, "x.pdf", f"{now:0>64}", 7)
    await actions.evidence.add_evidence(session, caller, item_id, kept, at(now))
    return kept.file_id


async def close(session: Session, item_id: UUID, proof: str, now: str) -> Closing:
    file_id = await bring(session, item_id, CLERK, now)
    body = ClosingIn(proof=proof, reason="已核对原件", evidence_ids=[file_id])
    return await actions.closings.close_by_hand(session, CLERK, item_id, body, at(now))


async def decide(session: Session, closing: Closing, now: str, *, enough: bool) -> None:
    body = ClosingDecisionIn(enough=enough, reason="与原件比对")
    await actions.closings.decide_closing(session, OFFICE, closing.id, body, at(now))


async def _live(world: World) -> None:
    """Items open and climb; people answer, extend, close by documents, refuse and reopen."""
    await world.tell(world.registry, make.found(*GUARANTEE), make.found(*AGREEMENT))
    await world.tell(world.payroll, make.missed("2023-04"))
    await world.pass_time(at("2023-05-08 10:00"))
    async with world.lived.sessions.begin("payer") as session:
        miss = await world.item(session, "transfer_missed")
        file_id = await bring(session, miss, PAYER, "2023-05-08 10:00")
        said = {"promised_on": date(2023, 5, 9), "evidence_ids": [file_id]}
        body = AnswerIn(explanation="资金在途", **said)
        now = at("2023-05-08 10:00")
        await actions.answers.answer_watch_item(session, PAYER, miss, body, now)
        more = ExtensionIn(until_on=date(2023, 5, 12), reason="资金在途")
        asked = await actions.extensions.ask_extension(session, PAYER, miss, more, now)
        extension_id = asked.id
    await world.pass_time(at("2023-05-09 10:00"))
    async with world.lived.sessions.begin("office") as session:
        now = at("2023-05-09 10:00")
        verdict = VerifyIn(enough=False, reason="说明不足")
        await actions.answers.verify_watch_item(session, OFFICE, miss, verdict, now)
        granted = ExtensionDecisionIn(granted=True, until_on=date(2023, 5, 11), reason="属实")
        await actions.extensions.decide_extension(session, OFFICE, extension_id, granted, now)
        to = AssigneeIn(unit_id=make.CONTRACTOR, person_id=an_id("somebody"))
        await actions.answers.assign_watch_item(session, OFFICE, miss, to, now)
    await _close_and_open_again(world)
    await _order(world)


async def _close_and_open_again(world: World) -> None:
    await world.pass_time(at("2023-05-10 10:00"))
    async with world.lived.sessions.begin("clerk") as session:
        agreement = await world.item(session, "agreement_missing")
        guarantee = await world.item(session, "payment_guarantee_missing")
        await close(session, agreement, "agreement_signed", "2023-05-10 10:00")
        first = await close(session, guarantee, "evidence_filed", "2023-05-10 10:00")
    await world.pass_time(at("2023-05-11 10:00"))
    async with world.lived.sessions.begin("office") as session:
        closing, _ = await queries.closings.locked_closing(session, first.id, OFFICE.scope)
        await decide(session, closing, "2023-05-11 10:00", enough=False)
    async with world.lived.sessions.begin("clerk") as session:
        second = await close(session, guarantee, "evidence_filed", "2023-05-11 10:00")
    await world.pass_time(at("2023-05-12 10:00"))
    async with world.lived.sessions.begin("office") as session:
        closing, _ = await queries.closings.locked_closing(session, second.id, OFFICE.scope)
        await decide(session, closing, "2023-05-12 10:00", enough=True)
    await world.pass_time(at("2023-05-16 10:00"))
    async with world.lived.sessions.begin("office") as session:
        why = ReopeningIn(reason="协议系伪造")
        now = at("2023-05-16 10:00")
        await actions.closings.reopen_by_hand(session, OFFICE, agreement, why, now)
    await world.pass_time(at("2023-06-01 10:00"))
    async with world.lived.sessions.begin("office") as session:
        [proposal] = await make.proposals(session)
        now = at("2023-06-01 10:00")
        await actions.proposals.refuse_proposal(session, OFFICE, proposal.id, "另案处理", now)


async def _order(world: World) -> None:
    """The draft that time made is signed, served, proved, refused, overdue and decided on."""
    await world.pass_time(at("2023-06-02 10:00"))
    async with world.lived.sessions.begin("clerk") as session:
        now = at("2023-06-02 10:00")
        order = (await session.scalars(select(CorrectionOrder))).one()
        signed = SignIn(length=4, facts="四月份人工费未拨付")
        await actions.orders.sign_order(session, CLERK, order.id, signed, now)
        served = ServeIn(served_on=date(2023, 6, 2), served_how=ServedHow.DIRECT)
        await actions.orders.serve_order(session, CLERK, order.id, served, now)
        item = await world.item(session, "agreement_missing")
    await world.pass_time(at("2023-06-05 10:00"))
    async with world.lived.sessions.begin("payer") as session:
        now = at("2023-06-05 10:00")
        file_id = await bring(session, order.watch_item_id, PAYER, "2023-06-05 10:00")
        proof = ProofIn(evidence_ids=[file_id], text="已拨付")
        await actions.orders.prove_order(session, PAYER, order.id, proof, now)
    async with world.lived.sessions.begin("clerk") as session:
        wanting = CheckIn(enough=False, reason="未到账")
        await actions.orders.check_order(session, CLERK, order.id, wanting, now)
        by_hand = DraftIn(watch_item_id=item, system="roster", facts="未实名")
        await actions.orders.draft_order(session, CLERK, by_hand, now)
    await world.pass_time(at("2023-06-15 10:00"))
    async with world.lived.sessions.begin("office") as session:
        penalty = PenaltyIn(penalised=True, decision_number="恩人社罚〔2023〕1号", reason="逾期")
        now = at("2023-06-15 10:00")
        await actions.orders.decide_penalty(session, OFFICE, order.id, penalty, now)
    await world.pass_time(ENDS)


async def test_what_people_decided_since_the_backup_is_heard_back_as_it_was(world: World) -> None:
    await _live(world)
    await world.hear_all()
    speakers = [world.registry, world.payroll]
    told = await Retelling(world.restored, ENDS, again=True).tell(speakers, [world.ear])
    assert (told.waiting, told.relearned >= 14) == (0, True)
    for model in ALL:
        now, before = [await rows(one, model) for one in (world.restored, world.lived)]
        assert len(now) == len(before), model
        differ = [
            (model.__name__, one.get("kind"), one.get("state"), name, one[name], was[name])
            for one, was in zip(now, before, strict=True)
            for name in one
            if one[name] != was[name]
        ]
        assert differ == [], "\n".join(map(str, differ))
    assert await people(world.restored) == await people(world.lived)
    # Whatever was said is said again under its id: nobody hears of anything twice.
    assert [row["type"] async for row in unsaid(world.restored, world.ear)] == []
    again = await Retelling(world.restored, ENDS, again=True).tell(speakers, [world.ear])
    assert (again.relearned, again.heard.total(), again.fired) == (0, 0, 0)
    async with world.restored.sessions.begin() as session:
        reasons = set(await session.scalars(select(Closing.reason)))
        bodies = await session.scalars(text("SELECT convert_from(body, 'UTF8') FROM outbox"))
    assert reasons == {LOST_WORDS}
    assert [body for body in bodies if "资金在途" in body or "原件" in body] == []
    assert clock.day_of(ENDS) == date(2023, 6, 20)


async def test_a_decision_about_what_nobody_holds_any_more_stays_named_as_lost(
    world: World,
) -> None:
    await world.tell(world.registry, make.found(*AGREEMENT))
    async with world.lived.sessions.begin("clerk") as session:
        item = await world.item(session, "agreement_missing")
        await close(session, item, "agreement_signed", "2023-05-10 10:00")
    await world.hear_all()
    told = await Retelling(world.restored, ENDS, again=True).tell([], [world.ear])
    assert told.waiting == 0
    lost = [row["type"] async for row in unsaid(world.restored, world.ear)]
    assert lost.count("cases.watch_item_decided.v1") == 2
