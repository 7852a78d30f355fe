"""Bodies of rosters: who enters, who leaves, what is found, how many are insured."""

from datetime import date, datetime
from typing import Annotated, Self, TypeAlias
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from services.payroll.rules.roster import Movement, RosterFindingKind
from services.payroll.rules.trades import IdType, WorkerRole
from services.payroll.schemas.feeds import KeptTextOut
from services.payroll.schemas.fields import Body, Filter, Name, Reason, Row
from services.payroll.schemas.labour import ContractTermsIn
from shared import clock
from shared.pii import MaskedIdNumber, MaskedName, MaskedPhone
from shared.problems import TextError
from shared.wording import Text

MOST = 10_000
_PRINTED = r"^[^\x00-\x1f\x7f]*$"
Number: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40, pattern=_PRINTED)
]
"""An ID, phone or card number; what is wrong in it is the rules' finding, beside all others."""
Trade: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")]


class WhoIn(Body):
    """Somebody on the roster: by the entry's id, or by the number of the document."""

    entry_id: UUID | None = None
    id_type: IdType = IdType.RESIDENT
    id_number: Number | None = None

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if (self.entry_id is None) == (self.id_number is None):
            raise TextError(
                "who",
                Text("请填写名册编号或证件号码之一", "Give either the entry or the ID number"),
            )
        return self


class CardIn(Body):
    """A card or account of a worker."""

    card_no: Number
    bank_code: Annotated[str, StringConstraints(max_length=20, pattern=_PRINTED)] | None = None
    bank_name: Name | None = None
    holder: Name | None = None
    """The name on the card; left out: the worker's own."""


class WorkerIn(Body):
    """A worker who enters, or who is on the site and of whom something is told anew."""

    id_type: IdType = IdType.RESIDENT
    id_number: Number
    name: Name
    phone: Number | None = None
    role: WorkerRole = WorkerRole.WORKER
    trade: Trade | None = None
    """MOHURD's code of three digits."""
    crew: Name | None = None
    """The crew's name; one that is not there yet is made."""
    is_leader: bool = False
    entered_on: clock.Day
    left_on: clock.Day | None = None
    insured: bool | None = None
    """In a social insurance; left out: not told."""
    injury_insured: bool | None = None
    """In the work-injury insurance."""
    card: CardIn | None = None
    contract: ContractTermsIn | None = None


class RosterIn(Body):
    """Workers of one employer at a project: all of them are taken, or none."""

    employer_id: UUID | None = None
    """The contractor or a subcontractor; left out: the caller, else the contractor."""
    workers: Annotated[list[WorkerIn], Field(min_length=1, max_length=MOST)]


class MovementIn(WhoIn):
    """Somebody leaves; or the day of entry or exit was another one."""

    kind: Movement
    day: clock.Day
    reason: Reason | None = None


class MovementsIn(Body):
    """Movements of people on a project's roster: all of them are taken, or none."""

    movements: Annotated[list[MovementIn], Field(min_length=1, max_length=MOST)]


class WarningOut(Row):
    """What is odd, and where; it keeps nobody out."""

    place: str
    code: str
    detail: KeptTextOut
    remedy: KeptTextOut | None


class TakenOut(Row):
    """What became of one row."""

    entry_id: UUID
    worker_id: UUID
    state: str
    """`entered`, `changed` or `unchanged`."""


class RosterTakenOut(Row):
    """What became of all rows, in their order, and what is odd in them."""

    entered: int
    changed: int
    unchanged: int
    taken: list[TakenOut]
    warnings: list[WarningOut]


class RosterFilter(Filter):
    """Which entries of a roster a list shows."""

    employer_id: UUID | None = None
    crew_id: UUID | None = None
    worker_id: UUID | None = None
    on_site: clock.Day | None = None
    """Only who is on the site on this day."""
    left: bool | None = None
    """`true`: only who has left; `false`: only who has not."""


class SoughtIn(Body):
    """Who is looked for; the whole number or name, no part of it."""

    id_number: Number | None = None
    name: Name | None = None
    phone: Number | None = None
    card_no: Number | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not any((self.id_number, self.name, self.phone, self.card_no)):
            raise TextError("missing", Text("请填写一项", "Give one of the fields"))
        return self


class RosterEntryOut(Row):
    """One spell of a worker at a project; who it is is masked."""

    id: UUID
    project_id: UUID
    employer_id: UUID
    crew_id: UUID | None
    worker_id: UUID
    name: MaskedName
    id_type: IdType
    id_number: MaskedIdNumber
    phone: MaskedPhone | None
    role: WorkerRole
    trade: str | None
    is_leader: bool
    entered_on: date
    left_on: date | None
    """The last day; null while the worker is on the roster."""
    leave_reason: str | None
    insured: bool | None
    injury_insured: bool | None
    told_at: datetime


class RevealedEntryOut(Row):
    """Who somebody on a roster is. The reading is recorded."""

    id: UUID
    worker_id: UUID
    name: str
    id_type: IdType
    id_number: str
    phone: str | None
    card_no: str | None
    """Of the account that money goes to now."""


class SiteMovementOut(Row):
    """An entry or exit as it was told; the last of a kind counts."""

    id: UUID
    kind: Movement
    day: date
    told_at: datetime
    told_by: str


class CrewIn(Body):
    """A crew of an employer at a project."""

    employer_id: UUID | None = None
    name: Name
    from_on: clock.Day
    until_on: clock.Day | None = None
    leader_entry_id: UUID | None = None


class CrewOut(Row):
    """A crew; its number is the platform's."""

    id: UUID
    project_id: UUID
    employer_id: UUID
    number: int
    name: str
    leader_entry_id: UUID | None
    from_on: date
    until_on: date | None


class InsuranceOut(Row):
    """How many on the site on a day are insured, as was told of that day."""

    day: date
    on_site: int
    insured: int
    injury_insured: int
    untold: int
    """Of whom nothing was told; they count as not insured."""
    insured_share: str | None
    """Per cent of all on site, one decimal."""
    injury_insured_share: str | None


class RosterFindingFilter(Filter):
    """Which findings a list shows."""

    project_id: UUID | None = None
    kind: RosterFindingKind | None = None
    ended: bool | None = None


class RosterFindingOut(Row):
    """What was found of people on rosters; shown to whoever may see all rosters it is about."""

    id: UUID
    kind: RosterFindingKind
    project_id: UUID
    entry_id: UUID
    worker_id: UUID
    name: MaskedName
    id_number: MaskedIdNumber
    other_project_id: UUID | None
    other_entry_id: UUID | None
    other_worker_id: UUID | None
    since: date
    found_at: datetime
    ended_at: datetime | None
