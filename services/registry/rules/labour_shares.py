"""Which share of a works contract is labour cost where it does not say, and which is too low; pure.

53号 art. 5 has the contract say it; where it is silent some provinces take a share of their own
(Yunnan: 25 %). What an area takes is a row; one of certainty C may warn, and fills nothing in.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from services.registry.rules.contracts import LabourCostBasis, LabourCostTerms, periods_between
from shared.problems import Finding
from shared.wording import Text

_TO_BE_VERIFIED = "C"
_WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True)
class Guide:
    """A version of an area's share, in per cent of the contract amount, from a day on."""

    area_code: str
    version: int
    valid_from: date
    share: Decimal
    certainty: str


def fills(terms: LabourCostTerms, guide: Guide | None) -> bool:
    """Say whether an area's share stands in for the one that a contract does not name."""
    silent = terms.basis is LabourCostBasis.SHARE and terms.share is None
    return silent and guide is not None and guide.certainty != _TO_BE_VERIFIED


def share_of(contract_amount: Decimal, terms: LabourCostTerms) -> Decimal | None:
    """Give what share of the contract its labour cost comes to, in per cent to two decimals."""
    if terms.basis is LabourCostBasis.SHARE:
        return terms.share
    if terms.amount is None or contract_amount <= 0:
        return None
    whole = terms.amount
    if terms.basis is LabourCostBasis.PER_PERIOD:
        whole *= periods_between(terms.first_period, terms.last_period)
    return (whole * _WHOLE / contract_amount).quantize(Decimal("0.01"), ROUND_HALF_UP)


def filled(terms: LabourCostTerms, guide: Guide | None) -> LabourCostTerms:
    """Give the terms with the area's share where the contract names none."""
    if guide is not None and fills(terms, guide):
        return replace(terms, share=guide.share)
    return terms


def check(share: Decimal) -> Iterable[Finding]:
    """Give the finding of a share that is none."""
    if not 0 < share <= _WHOLE:
        yield Finding(
            "share",
            "ShareOutOfRange",
            Text("占比须大于 0 且不超过 100", "A share is above 0 and at most 100"),
        )
