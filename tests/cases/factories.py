"""Facts as payroll, registry and alerts tell them, for the tests of cases; plain functions."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select

from services.cases import actions, handlers
from services.cases.models import ArrearsCase, CaseProposal, WatchItem, WatchItemEntry
from services.cases.rules.items import Happening
from services.cases.service import service
from shared import clock, known, timers, workdays
from shared.db import Session
from shared.events.alerts import NoticeArrived, NoticesDelivered
from shared.events.base import Event
from shared.events.conditions import RegistryConditionEnded, RegistryConditionFound
from shared.events.payroll import (
    BankFeedCompleted,
    BankFeedLate,
    BankNoticeReceived,
    ContractorReportReceived,
    TransferAhead,
    TransferMissed,
    TransferNoted,
    TransferReceived,
    TransferReversed,
    TransferSent,
    TransfersReminded,
)
from shared.events.registry import (
    AreaChanged,
    AreaPersonAssigned,
    CalendarPublished,
    PersonAssigned,
    ProjectCard,
)

COUNTY, TOWN, NEIGHBOUR = "422828", "422828101", "422822"
TREE = {
    "0": "/0/",
    "42": "/0/42/",
    "4228": "/0/42/4228/",
    COUNTY: "/0/42/4228/422828/",
    TOWN: "/0/42/4228/422828/422828101/",
    NEIGHBOUR: "/0/42/4228/422822/",
}
_NAMES = UUID("018b0000-0000-7000-8000-000000000000")


def an_id(*name: object) -> UUID:
    """Give the same id for the same name."""
    return uuid5(_NAMES, ":".join(map(str, name)))


DEVELOPER, CONTRACTOR, BANK = an_id("developer"), an_id("contractor"), an_id("bank")


def at(said: str) -> datetime:
    """Give an instant of Beijing: `2023-05-30 09:00`."""
    return datetime.fromisoformat(said).replace(tzinfo=clock.BEIJING)


def calendar_told(year: int = 2023, area_code: str = "0", **changes: Any) -> CalendarPublished:
    """Give a year's working days as registry tells them."""
    days = {day: kind.value for day, kind in workdays.national(year).items()}
    said = {"exceptions": days, "provisional": False, "source": workdays.NOTICES[year]}
    when = at("2022-12-08 12:00")
    return CalendarPublished(
        area_code=area_code, year=year, **({"occurred_at": when} | said | changes)
    )


async def world(session: Session) -> None:
    """Let cases know the areas and the working days of 2023 (and January of 2024)."""
    for code, path in TREE.items():
        told = AreaChanged(area_code=code, name=code, path=path, valid_from=date(2000, 1, 1))
        await known.on_area_changed(session, told)
    for year in (2023, 2024):
        await handlers.on_calendar_published(session, calendar_told(year))


def card(project: str = "p", **changes: Any) -> ProjectCard:
    """Give a project's card."""
    said: dict[str, Any] = {
        "project_id": an_id(project),
        "name": f"项目{project}",
        "area_code": COUNTY,
        "status": "003",
        "investment_type": "government",
        "developer_id": DEVELOPER,
        "developer_name": "业主",
        "contractor_id": CONTRACTOR,
        "contractor_name": "总包",
    }
    return ProjectCard(**(said | changes))


def before(period: str) -> str:
    """Give the month before."""
    return workdays.months_after(date.fromisoformat(f"{period}-01"), -1).isoformat()[:7]


def missed(period: str = "2023-05", project: str = "p", **changes: Any) -> TransferMissed:
    """Give a miss of a period, due on the 25th, found the moment the day is over."""
    calendar = workdays.national_calendar([2023, 2024])
    due_on = changes.get("due_on") or workdays.transfer_due(period, 25, calendar)
    said: dict[str, Any] = {
        "project_id": an_id(project),
        "project": changes.pop("card", None) or card(project),
        "area_code": COUNTY,
        "obligation_id": an_id(project, period),
        "works_contract_id": an_id(project, "contract"),
        "account_id": an_id(project, "account"),
        "period": period,
        "previous_period": before(period),
        "due_on": due_on,
        "due_amount": Decimal("300000.00"),
        "lacking": Decimal("300000.00"),
        "calendar_version": "c",
        "occurred_at": clock.day_end(due_on),
    }
    return TransferMissed(**(said | changes))


def received(
    period: str, lacking: str, said_at: str, project: str = "p", **changes: Any
) -> TransferReceived:
    """Give money that came in against a period."""
    when = at(said_at)
    said: dict[str, Any] = {
        "project_id": an_id(project),
        "area_code": COUNTY,
        "obligation_id": an_id(project, period),
        "works_contract_id": an_id(project, "contract"),
        "period": period,
        "due_on": date.fromisoformat(f"{period}-25"),
        "amount": Decimal("100000.00"),
        "lacking": Decimal(lacking),
        "credited_on": clock.day_of(when),
        "bank_serials": [f"S-{said_at}"],
        "occurred_at": when,
    }
    return TransferReceived(**(said | changes))


def _about(period: str, project: str = "p") -> dict[str, Any]:
    return {
        "project_id": an_id(project),
        "area_code": COUNTY,
        "obligation_id": an_id(project, period),
        "works_contract_id": an_id(project, "contract"),
        "period": period,
        "due_on": date.fromisoformat(f"{period}-25"),
    }


def taken_back(period: str, lacking: str, said_at: str, project: str = "p") -> TransferReversed:
    """Give money that had counted for a missed period and counts no longer."""
    return TransferReversed(
        **_about(period, project),
        amount=Decimal("100000.00"),
        lacking=Decimal(lacking),
        missed=True,
        bank_serials=[f"S-{said_at}"],
        occurred_at=at(said_at),
    )


def sent(period: str, said_at: str, lacking: str = "0.00") -> TransferSent:
    """Give money that finance sent for a period."""
    return TransferSent(
        **_about(period),
        amount=Decimal("300000.00"),
        sent_on=clock.day_of(at(said_at)),
        lacking=Decimal(lacking),
        developer_id=DEVELOPER,
        contractor_id=CONTRACTOR,
        occurred_at=at(said_at),
    )


def bank_notice(period: str, said_at: str) -> BankNoticeReceived:
    """Give a bank's notice of a miss that was found before."""
    day = clock.day_of(at(said_at))
    return BankNoticeReceived(
        **_about(period), told_on=day, came_first="detection", occurred_at=at(said_at)
    )


def contractor_report(period: str, said_at: str) -> ContractorReportReceived:
    """Give a contractor's report of a miss that was found before."""
    day = clock.day_of(at(said_at))
    return ContractorReportReceived(
        **_about(period), told_on=day, came_first="detection", occurred_at=at(said_at)
    )


def feed_late(day: str = "2023-06-28", expected: str = "2023-06-29 10:00") -> BankFeedLate:
    """Give a feed that did not come in time."""
    return BankFeedLate(
        source_id=an_id("source"), source_name="银行甲", bank_id=BANK, area_code=COUNTY,
        feed_id=an_id("feed", day), day=date.fromisoformat(day), expected_at=at(expected),
        occurred_at=at(expected),
    )  # fmt: skip


def feed_completed(day: str, said_at: str, *, waived: bool = False) -> BankFeedCompleted:
    """Give a feed that came after all."""
    return BankFeedCompleted(
        source_id=an_id("source"), area_code=COUNTY, feed_id=an_id("feed", day),
        day=date.fromisoformat(day), waived=waived, occurred_at=at(said_at),
    )  # fmt: skip


def assigned(
    person: str, from_on: str, until_on: str | None = None, said_at: str = "2023-01-02 09:00",
    **changes: Any,
) -> PersonAssigned:  # fmt: skip
    """Give a responsible person of a project."""
    said: dict[str, Any] = {
        "project_id": an_id("p"),
        "assignment_id": an_id("assignment", person),
        "area_code": COUNTY,
        "person_id": an_id(person),
        "unit_id": DEVELOPER,
        "role": "responsible_person",
        "from_on": date.fromisoformat(from_on),
        "until_on": until_on and date.fromisoformat(until_on),
        "occurred_at": at(said_at),
    }
    return PersonAssigned(**(said | changes))


def area_assigned(person: str, reach: str, **changes: Any) -> AreaPersonAssigned:
    """Give a person in charge of the county, or of a part of it, since the year began."""
    said: dict[str, Any] = {
        "assignment_id": an_id("assignment", person),
        "area_code": COUNTY,
        "reach": reach,
        "person_id": an_id(person),
        "unit_id": DEVELOPER,
        "role": "responsible_person",
        "from_on": date(2023, 1, 1),
        "occurred_at": at("2023-06-02 09:00"),
    }
    return AreaPersonAssigned(**(said | changes))


async def open_item(session: Session, event: TransferMissed | None = None) -> WatchItem:
    """Let a miss be told, and give its item."""
    event = event or missed()
    await handlers.on_transfer_missed(session, event)
    return await item_about(session, event.obligation_id)


async def item_about(session: Session, subject_id: UUID) -> WatchItem:
    """Give the last item about something."""
    await session.flush()  # What handlers have changed must be seen by the query.
    found = select(WatchItem).where(WatchItem.subject_id == subject_id)
    return (await session.scalars(found.order_by(WatchItem.opened_at.desc()).limit(1))).one()


async def proposals(session: Session) -> list[CaseProposal]:
    """Give all proposals, the oldest first."""
    await session.flush()  # As above.
    return list(await session.scalars(select(CaseProposal).order_by(CaseProposal.id)))


async def cases(session: Session) -> list[ArrearsCase]:
    """Give all arrears cases, the oldest first."""
    await session.flush()  # As above.
    return list(await session.scalars(select(ArrearsCase).order_by(ArrearsCase.id)))


async def timeline(session: Session, item: WatchItem) -> list[WatchItemEntry]:
    """Give an item's timeline in order, without what became of its order."""
    await session.flush()  # What the action has written must be seen by the query.
    found = select(WatchItemEntry).where(
        WatchItemEntry.watch_item_id == item.id, WatchItemEntry.what != Happening.ORDER_MOVED
    )
    return list(await session.scalars(found.order_by(WatchItemEntry.at, WatchItemEntry.id)))


async def told(session: Session, item: WatchItem) -> list[tuple[str, str, str]]:
    """Give what a timeline tells, with the level and the step of each line."""
    return [(line.what.value, line.level, line.step) for line in await timeline(session, item)]


async def climb_to(session: Session, item: WatchItem, until: str) -> None:
    """Let time pass as timers do: from one due instant to the next."""
    while True:
        due = await timers.armed(session, item.id, "level")
        if item.is_closed or not due or due[0].due_at > at(until):
            return
        await fire(session, due[0])


async def fire(session: Session, timer: timers.Timer) -> None:
    """Let a timer fall due."""
    timer.state = timers.FIRED
    await session.flush()  # The action may arm the next limit of this kind.
    await actions.levels.raise_level(session, timer.subject_id, timer.due_at)


async def red_item(session: Session, period: str = "2023-05") -> WatchItem:
    """Let a miss climb to red by time, and give its item."""
    item = await open_item(session, missed(period))
    await climb_to(session, item, "2023-06-25 09:00")
    assert item.level == "red"
    return item


def condition(
    kind: str, since: str, said_at: str, subject: str = "s", **changes: Any
) -> dict[str, Any]:
    """Give what a finder tells of a condition of the project `p`."""
    said: dict[str, Any] = {
        "kind": kind,
        "subject_id": an_id(kind, subject),
        "project_id": an_id("p"),
        "project": card(),
        "area_code": COUNTY,
        "unit_id": CONTRACTOR,
        "since": date.fromisoformat(since),
        "occurred_at": at(said_at),
    }
    return said | changes


def found(*said: str, **changes: Any) -> RegistryConditionFound:
    """Give a condition as registry tells it: kind, basis day, instant, subject."""
    return RegistryConditionFound(**condition(*said, **changes))


def ended(
    kind: str, said_at: str, reason: str = "evidence_filed", subject: str = "s", **changes: Any
) -> RegistryConditionEnded:
    """Give a condition's end with its proof."""
    said: dict[str, Any] = {
        "kind": kind,
        "subject_id": an_id(kind, subject),
        "project_id": an_id("p"),
        "area_code": COUNTY,
        "reason": reason,
        "proof": {"evidence_id": str(an_id("evidence", kind, subject))},
        "occurred_at": at(said_at),
    }
    return RegistryConditionEnded(**(said | changes))


async def tell(session: Session, *events: Event) -> None:
    """Let time pass up to each event, then let it be handled."""
    for event in events:
        await pass_time(session, event.occurred_at)
        await service.handles[type(event)](session, event)
        await session.flush()


async def pass_time(session: Session, until: datetime) -> None:
    """Let every limit fall due in its turn, up to and with an instant; the clock is not asked."""
    await session.flush()
    due = select(timers.Timer).where(timers.Timer.state == timers.ARMED)
    ordered = due.order_by(timers.Timer.due_at, timers.Timer.id).limit(1)
    while (timer := await session.scalar(ordered)) and timer.due_at <= until:
        if timer.kind == "level":
            await fire(session, timer)
        else:
            timer.state = timers.FIRED
            await session.flush()  # The handler may arm the next limit of this kind.
            await service.timers[timer.kind](session, timer)
        await session.flush()


async def find_item(session: Session, kind: str, subject: str = "s") -> WatchItem | None:
    """Give the last item of a condition, or None while it waits."""
    await session.flush()
    about = select(WatchItem).where(WatchItem.subject_id == an_id(kind, subject))
    return await session.scalar(about.order_by(WatchItem.opened_at.desc()).limit(1))


async def climbed(session: Session, item: WatchItem) -> list[tuple[str, datetime]]:
    """Give the levels that an item has stood on, and since when."""
    moved = {"opened", "raised", "lowered"}
    return [
        (line.level, line.at) for line in await timeline(session, item) if line.what.value in moved
    ]


def reminded(step: str, workdays: int, when: str, **changes: Any) -> TransfersReminded:
    """Give the news that the transfer of May was foretold or reminded of."""
    miss = missed()
    ahead = TransferAhead(
        obligation_id=miss.obligation_id, project_id=miss.project_id, name="某项目",
        developer_id=miss.project.developer_id, period=miss.period, due_on=date(2023, 5, 25),
        due_amount=Decimal(100), lacking=Decimal(100), projected=Decimal(40), basis="total",
        promised_on=date(2023, 5, 24), reasons=["funding_open"],
    )  # fmt: skip
    said = {"area_code": COUNTY, "step": step, "workdays": workdays, "transfers": [ahead]}
    return TransfersReminded(occurred_at=at(when), **(said | changes))


def noted(what: str, when: str, **details: Any) -> TransferNoted:
    """Give the news that somebody asked for money beside it, or answered."""
    miss = missed()
    return TransferNoted(
        project_id=miss.project_id, area_code=COUNTY, obligation_id=miss.obligation_id,
        period=miss.period, what=what, details=details, occurred_at=at(when),
    )  # fmt: skip


def notices(
    period: str, when: str, *channels: str, item_id: UUID | None = None
) -> NoticesDelivered:
    """Give the news that notices of an item arrived, by one channel each."""
    arrived = [
        NoticeArrived(
            delivery_id=an_id("delivery", period, channel), notice_id=an_id("notice", period),
            recipient_id=an_id("recipient"), channel=channel, reason="raised",
            told_at=at("2023-05-27 09:00"), delivered_at=at(when), attempts=1,
        )
        for channel in channels or ("mail",)
    ]  # fmt: skip
    return NoticesDelivered(
        watch_item_id=item_id or an_id("item", period), alert_id=an_id("alert", period),
        area_code=COUNTY, level="blue", notices=arrived, occurred_at=at(when),
    )  # fmt: skip
