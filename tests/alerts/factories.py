"""Rows and events of alerts for its tests; plain functions."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from services.alerts.adapters import webhook
from services.alerts.models import DutyRoster, Endpoint, Recipient
from services.alerts.rules.deliveries import EndpointState, Payload
from shared import clock, pii, workdays
from shared.db import Session, new_id
from shared.events.cases import (
    WatchItemClosed,
    WatchItemOpened,
    WatchItemRaised,
    WatchItemStepReached,
)
from shared.events.registry import ProjectCard
from shared.known import KnownArea, KnownCalendar

NATION, PROVINCE, PREFECTURE, COUNTY, TOWN = "0", "42", "4228", "422828", "422828101"
NEIGHBOUR = "422822"
PATHS = {
    NATION: "/0/",
    PROVINCE: "/0/42/",
    PREFECTURE: "/0/42/4228/",
    COUNTY: "/0/42/4228/422828/",
    TOWN: "/0/42/4228/422828/422828101/",
    NEIGHBOUR: "/0/42/4228/422822/",
}
DEVELOPER, CONTRACTOR, AUTHORITY, BANK = new_id(), new_id(), new_id(), new_id()
PERSON = new_id()
BEGUN = date(2000, 1, 1)
# The due day of a transfer, a Tuesday, and the end of that day: when its item opens.
DUE_ON = date(2023, 4, 25)
OPENED_AT = clock.day_end(DUE_ON)
LEVELS = {"blue": (1, "蓝"), "yellow": (2, "黄"), "orange": (3, "橙"), "red": (4, "红")}


async def areas(session: Session) -> None:
    """Let alerts know a county, what lies above it, a town in it, its neighbour, and 2023."""
    session.add_all(
        KnownArea(code=code, name=code, path=path, valid_from=BEGUN, told_at=OPENED_AT)
        for code, path in PATHS.items()
    )
    exceptions = {day.isoformat(): kind.value for day, kind in workdays.national(2023).items()}
    session.add(
        KnownCalendar(
            area_code=NATION, year=2023, exceptions=exceptions, provisional=False,
            told_at=OPENED_AT,
        )
    )  # fmt: skip
    await session.flush()


def card(**changes: Any) -> ProjectCard:
    """Give the card of a government project of the county."""
    return ProjectCard(
        **{
            "project_id": new_id(),
            "name": "金凤路安置小区",
            "area_code": COUNTY,
            "status": "003",
            "investment_type": "government",
            "developer_id": DEVELOPER,
            "developer_name": "县住建局",
            "contractor_id": CONTRACTOR,
            "contractor_name": "某建筑公司",
            "sector_authority_id": AUTHORITY,
            "supervised_since": date(2023, 1, 1),
        }
        | changes
    )


ItemEvent = TypeVar(
    "ItemEvent", WatchItemOpened, WatchItemRaised, WatchItemStepReached, WatchItemClosed
)


def item_event(made: type[ItemEvent], level: str, at: datetime, **changes: Any) -> ItemEvent:
    """Give an event of a missed transfer."""
    project = changes.pop("project", None) or card()
    rank, label = LEVELS[level]
    fields: dict[str, Any] = {
        "watch_item_id": new_id(),
        "kind": "transfer_missed",
        "subject_id": new_id(),
        "project_id": project.project_id,
        "project": project,
        "area_code": project.area_code,
        "period": "2023-03",
        "level": level,
        "level_rank": rank,
        "level_label": label,
        "unit_id": DEVELOPER,
        "person_id": PERSON,
        "lacking": Decimal("1200.50"),
        "due_on": DUE_ON,
        "opened_at": OPENED_AT,
        "policy_version": 1,
        "calendar_version": "v",
        "occurred_at": at,
    }
    return made.model_validate(fields | changes)


def opened(**changes: Any) -> WatchItemOpened:
    """Give the opening of an item."""
    return item_event(WatchItemOpened, changes.pop("level", "blue"), OPENED_AT, **changes)


def _same_item(before: WatchItemOpened | WatchItemRaised) -> dict[str, Any]:
    fields: dict[str, Any] = before.model_dump(include={
        "watch_item_id", "kind", "subject_id", "project_id", "area_code", "period", "unit_id",
        "person_id", "lacking", "due_on",
    })  # fmt: skip
    return fields | {"project": before.project}


def raised(
    before: WatchItemOpened | WatchItemRaised, level: str, at: datetime, **changes: Any
) -> WatchItemRaised:
    """Give the climb of an item that was opened."""
    fields = _same_item(before) | {"previous_level": before.level}
    return item_event(WatchItemRaised, level, at, **fields | changes)


def step(
    before: WatchItemOpened | WatchItemRaised, name: str, at: datetime, **changes: Any
) -> WatchItemStepReached:
    """Give a step of an item's ladder that leaves its level."""
    fields = _same_item(before) | {"step": name}
    return item_event(WatchItemStepReached, before.level, at, **fields | changes)


def closed(
    before: WatchItemOpened | WatchItemRaised, at: datetime, **changes: Any
) -> WatchItemClosed:
    """Give the closing of an item, with proof."""
    fields = _same_item(before) | {"closed_at": at, "close_reason": "transfer_received"}
    return item_event(WatchItemClosed, before.level, at, **fields | changes)


async def recipient(session: Session, *roles: str, **changes: Any) -> Recipient:
    """Enter a recipient of the county; `phone` and `mail` get their index."""
    row = Recipient(
        **{
            "id": new_id(),
            "title": roles[0],
            "roles": list(roles),
            "area_code": COUNTY,
            "channels": ["inbox", "mail"],
            "from_on": BEGUN,
            "version": 1,
            "created_at": OPENED_AT,
            "changed_at": OPENED_AT,
        }
        | changes
    )
    if row.mail:
        row.mail_index = pii.blind_index(row.mail, "mail")
    session.add(row)
    await session.flush()
    return row


async def everybody(session: Session) -> dict[str, UUID]:
    """Enter one recipient of each role that a missed transfer may reach; give their ids."""
    holders: dict[str, dict[str, Any]] = {
        "developer": {"org_id": DEVELOPER},
        "unit_head": {"org_id": DEVELOPER},
        "contractor": {"org_id": CONTRACTOR},
        "wage_officer": {"org_id": CONTRACTOR},
        "sector_authority": {"org_id": AUTHORITY},
        "responsible_person": {"person_id": PERSON},
        "inspector": {},
        "wage_office": {},
        "finance_bureau": {},
        "leading_group": {},
        "operator": {"area_code": NATION},
    }
    made = {role: await recipient(session, role, **more) for role, more in holders.items()}
    return {role: row.id for role, row in made.items()}


async def duty(session: Session, who: Recipient, area_code: str, **changes: Any) -> None:
    """Put somebody on duty for the whole of 2023."""
    span = {"from_at": clock.at(date(2023, 1, 1)), "until_at": clock.at(date(2024, 1, 1))}
    session.add(
        DutyRoster(
            id=new_id(), area_code=area_code, recipient_id=who.id, created_at=OPENED_AT,
            **span | changes,
        )
    )  # fmt: skip
    await session.flush()


async def endpoint(session: Session, **changes: Any) -> Endpoint:
    """Enter an endpoint that asks for everything of the county."""
    row = Endpoint(
        **{
            "id": new_id(),
            "url": "http://127.0.0.1:9/hook",
            "description": "",
            "types": [
                "cases.watch_item_opened.v1",
                "cases.watch_item_raised.v1",
                "cases.watch_item_step_reached.v1",
                "cases.watch_item_closed.v1",
                "cases.case_proposed.v1",
                "cases.arrears_case_opened.v1",
            ],
            "areas": [COUNTY],
            "projects": [],
            "secret": webhook.new_secret(),
            "payload": Payload.FULL,
            "state": EndpointState.ACTIVE,
            "version": 1,
            "created_at": OPENED_AT,
            "created_by": "tester",
            "changed_at": OPENED_AT,
        }
        | changes
    )
    session.add(row)
    await session.flush()
    return row
