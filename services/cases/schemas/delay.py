"""Who holds the delay of a project's periods."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from services.cases.rules.delay import Party, Run
from services.cases.schemas.fields import Asked, OutBody, WordsOut
from shared.clock import Month


class DelayFilter(Asked):
    """Which periods of a project."""

    period: Month | None = None


class StageOut(OutBody):
    """A stage of a period: who held it after which day, up to and with which."""

    code: str
    """What ends it: `developer_paid`, `credited`; where wages are owed `month_over`,
    `sheet_submitted`, `sheet_reviewed`, `bank_paid` (the last sheet is with the bank),
    `workers_credited`."""
    party: Party
    after: date
    until: date
    days: int
    """Working days, all of them this party's."""
    run: Run
    """`waiting`: a stage ahead is not done, so this party's clock stands still."""
    assumed: bool
    """Nobody told when it was reached; a later stage proves that it was by then."""


class ChargedOut(OutBody):
    """How many working days are a party's."""

    party: Party
    unit_id: UUID | None
    """Null where the chain names no unit: which bank held it, which crew's employer."""
    days: int


class DelayOut(OutBody):
    """A period of a works contract: where its money is, and whose each day of delay is."""

    obligation_id: UUID
    works_contract_id: UUID
    period: str
    due_on: date
    """The contract's due day; days are counted after it."""
    due_amount: Decimal | None
    as_of: date
    """What is not reached runs until this day."""
    calendar_version: str
    stages: list[StageOut]
    charged: list[ChargedOut]
    days: int
    """The sum: all working days after the due day up to the chain's end, or to `as_of`."""
    held_by: Party | None
    """Whose clock runs; null once the money has arrived."""
    waiting: WordsOut | None
    """What those read who come after that party."""
