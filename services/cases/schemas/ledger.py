"""The arrears ledger as it is listed and summed up."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from services.cases.rules.arrears import Cause, Channel, Conclusion, Nature
from services.cases.rules.case_clocks import Investment
from services.cases.rules.course import Act, Stage
from services.cases.rules.ledger import By
from services.cases.schemas.fields import OutBody


class LedgerRowOut(OutBody):
    """A case as the ledger shows it: workers as numbers, companies and bodies by name."""

    case_id: UUID
    number: str | None
    area_code: str
    area_name: str
    place: str
    project_id: UUID | None
    project_name: str | None
    """None where none was named, or registry has not told of it."""
    investment: Investment | None
    industry: str
    sector_authority: str | None
    developer: str | None
    contractor: str | None
    employer: str | None
    """Who owes the wages: the subcontractor, or whoever was named."""
    months: str | None
    arisen_on: date | None
    workers_told: int | None
    amount_told: Decimal | None
    workers: int
    """By its lines, one for each worker; what was withdrawn is not counted."""
    claimed: Decimal
    verified: Decimal
    paid: Decimal
    owed: Decimal
    workers_paid: int
    """To whom nothing is owed any more."""
    nature: Nature
    cause: Cause | None
    channel: Channel
    opened_on: date
    accepted_on: date | None
    unit_id: UUID | None
    unit: str | None
    """The body that answers for it now."""
    handled_by: str | None
    """The account that acted on it last; None while nobody has."""
    measures: list[Act]
    documents: list[str]
    """Numbers of its documents."""
    to_police: bool
    due_on: date | None
    """The last day of the limit that runs out first."""
    clear_by: date | None
    overdue: bool
    stage: Stage
    conclusion: Conclusion | None
    ended_on: date | None
    related: str | None
    """The number of the case that it has to do with."""


class LedgerSumsOut(OutBody):
    """What cases of one class come to."""

    cases: int
    carried: int
    """Opened before the year."""
    opened: int
    """Opened in it."""
    stock: int
    """Arisen before the year."""
    fresh: int
    open: int
    closed: int
    closed_in_limit: int
    """Ended before a limit of acceptance or investigation had run out."""
    overdue: int
    employers: int
    """Different ones; they do not add up over groups, for one may owe in two."""
    workers_told: int
    amount_told: Decimal
    workers: int
    workers_paid: int | None
    claimed: Decimal
    verified: Decimal
    paid: Decimal
    owed: Decimal | None
    """None of a day that is over, like `workers_paid`: each line's state then is not kept."""


class BesideOut(OutBody):
    """The sums of one class, and those of the same period a year before."""

    now: LedgerSumsOut
    before: LedgerSumsOut | None
    """Cases as of the same day a year before, paid what had been paid by then. None where the
    filter asks how a case stands now: how it stood then is not kept."""


class GroupOut(OutBody):
    """The sums of a group by class; only the first is arrears of wages."""

    key: str | None
    """None of what nobody has named."""
    name: str
    wages: BesideOut
    works_price: BesideOut
    false_claim: BesideOut


class TotalsOut(OutBody):
    """The ledger's sums: of all, and of each group. Groups add up to the whole."""

    by: By
    total: int
    """In cases of all classes."""
    whole: GroupOut
    groups: list[GroupOut]
