"""Bodies that tell of people who are on a roster: what was signed, which card is theirs."""

from typing import Annotated

from pydantic import Field

from services.payroll.schemas.fields import Body
from services.payroll.schemas.labour import ContractTermsIn
from services.payroll.schemas.roster import MOST, CardIn, WhoIn


class SignedIn(WhoIn):
    """What somebody on the roster signed."""

    contract: ContractTermsIn


class ContractsIn(Body):
    """Contracts of people on a project's roster: all of them are taken, or none."""

    contracts: Annotated[list[SignedIn], Field(min_length=1, max_length=MOST)]


class PayeeIn(WhoIn):
    """Where somebody's wages go from now on."""

    card: CardIn


class PayeesIn(Body):
    """Cards of people on a project's roster: all of them are taken, or none."""

    payees: Annotated[list[PayeeIn], Field(min_length=1, max_length=MOST)]
