"""Rows of a roster are read against the law's limits and each other: all that is wrong, at once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from services.payroll import queries, rules
from services.payroll.models import Project
from services.payroll.rules.policies import PolicyKind
from services.payroll.rules.roster import Gate
from services.payroll.rules.trades import TRADES, IdType, WorkerRole
from services.payroll.rules.workers import AgeLimits, Objection
from services.payroll.schemas.roster import WorkerIn
from shared import clock, pii
from shared.db import Session
from shared.problems import Finding
from shared.wording import Text


@dataclass(slots=True)
class Said:
    """A row as it was told, how it is looked for, and what speaks against it."""

    row: WorkerIn
    number: str
    id_index: str
    name_index: str
    phone: str | None
    phone_index: str | None
    card_index: str | None
    found: list[Objection] = field(default_factory=list)

    @classmethod
    def of(cls, row: WorkerIn) -> "Said":
        """Bring a row's numbers to their one spelling and index them."""
        phone = pii.normalised(row.phone, "phone") if row.phone else None
        return cls(
            row,
            pii.normalised(row.id_number, "id_number"),
            pii.blind_index(row.id_number, "id_number"),
            pii.blind_index(row.name, "name"),
            phone,
            pii.blind_index(phone, "phone") if phone else None,
            pii.blind_index(row.card.card_no, "card") if row.card else None,
        )

    @property
    def key(self) -> tuple[str, IdType]:
        """Give who it is."""
        return self.id_index, self.row.id_type

    @property
    def refused(self) -> bool:
        """Say whether something keeps the row out."""
        return any(one.refuses for one in self.found)


@dataclass(frozen=True, slots=True)
class Limits:
    """What an area decides about who enters, on a day."""

    ages: AgeLimits
    gate: Gate
    today: date


async def limits(session: Session, project: Project, now: datetime) -> Limits:
    """Give what is in force for a project's area."""
    today = clock.day_of(now)
    ages, gate = [
        await queries.policies.policy_in_force(session, kind, project.area_code, today)
        for kind in (PolicyKind.WORKER_AGE, PolicyKind.REGISTRATION_GATE)
    ]
    return Limits(AgeLimits.of(ages.values), Gate.of(gate.values), today)


def check(said: Iterable[Said], limit: Limits) -> None:
    """Find what is wrong with each row by itself, and with rows beside each other."""
    rows = list(said)
    for one in rows:
        one.found += _alone(one, limit)
    _find_twice(rows)


def _alone(one: Said, limit: Limits) -> Iterator[Objection]:
    row = one.row
    wrong = list(rules.workers.object_to_number(row.id_type, one.number, limit.today))
    yield from wrong
    if not wrong and row.id_type is IdType.RESIDENT:
        manages = row.role is WorkerRole.MANAGER
        yield from limit.ages.object_to(one.number, row.entered_on, manages=manages)
    if one.phone:
        yield from rules.workers.object_to_phone(one.phone)
    if row.card:
        yield from rules.workers.object_to_card(pii.normalised(row.card.card_no, "card"))
        if row.card.holder and pii.blind_index(row.card.holder, "name") != one.name_index:
            yield Objection("card.holder", "holder_differs", *_HOLDER, refuses=False)
    if row.trade and row.trade not in TRADES:
        yield Objection("trade", "trade_unknown", *_TRADE)
    yield from rules.roster.object_to_days(
        row.entered_on, row.left_on, limit.today, ahead=limit.gate.ahead_days
    )


def _find_twice(rows: Sequence[Said]) -> None:
    people: set[tuple[str, IdType]] = set()
    cards: dict[str, tuple[str, IdType]] = {}
    for one in rows:
        if one.key in people:
            one.found.append(Objection("id_number", "person_twice", *_PERSON_TWICE))
        people.add(one.key)
        if one.card_index and cards.setdefault(one.card_index, one.key) != one.key:
            one.found.append(Objection("card.card_no", "card_twice", *_CARD_TWICE, refuses=False))


def problems(said: Sequence[Said], within: str, *, refusing: bool) -> list[Finding]:
    """Give what was found as a JSON body has it: `workers[3].id_number`; of one kind or other."""
    return [
        Finding(f"{within}[{n}].{one.field}", one.code, one.said, one.remedy)
        for n, row in enumerate(said)
        for one in row.found
        if one.refuses is refusing
    ]


_HOLDER = (
    Text("开户姓名与工人姓名不一致", "The name on the card is not the worker's"),
    Text("工资须发至本人银行卡，请核对", "Wages go to the worker's own card; check it"),
)
_TRADE = (
    Text("工种代码不在代码表内", "No trade has this code"),
    Text("请填写三位工种代码，其他工种填990", "Give a trade's three digits, 990 for any other"),
)
_PERSON_TWICE = (
    Text("同一证件号码出现两次", "This person is in it twice"),
    Text("请只保留一行", "Leave one row"),
)
_CARD_TWICE = (
    Text("与另一人的银行卡号相同", "Another person has the same card"),
    Text("请核对，每人应使用本人银行卡", "Check it; everybody has a card of his own"),
)
