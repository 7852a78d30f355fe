"""To which card wages go, how a batch stands, and what an account can pay."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from services.payroll.rules.disbursements import (
    Card,
    Count,
    Funds,
    Hold,
    HoldReason,
    Payee,
    Tally,
    card_of_retry,
    card_of_sheet,
)

NOW = datetime(2023, 4, 3, tzinfo=UTC)
LATER = NOW + timedelta(hours=72)
ONE = Count(1, Decimal(5))


def card(
    index: str, since: datetime = NOW, until: datetime | None = None, *, own: bool = True
) -> Card:
    return Card(UUID(int=1), "6228", index, own, since, until)


def payee(*cards: Card) -> Payee:
    return Payee(UUID(int=2), cards)


CHANGED = payee(card("old", until=LATER), card("new", since=LATER))
OTHERS = payee(card("others", own=False))
CASES = [
    (None, "old", HoldReason.NOT_ON_ROSTER),
    (payee(), "old", HoldReason.CARD_MISSING),
    (payee(card("old")), "old", "old"),
    (payee(card("old")), None, "old"),
    (payee(card("old")), "x", HoldReason.CARD_DIFFERS),
    (OTHERS, "others", HoldReason.CARD_NOT_OWN),
    (OTHERS, None, HoldReason.CARD_NOT_OWN),
    (CHANGED, "old", "old"),
    (CHANGED, None, "old"),
    (CHANGED, "new", HoldReason.CARD_WAITING),
    (CHANGED, "x", HoldReason.CARD_DIFFERS),
]


@pytest.mark.parametrize(("whose", "said", "told"), CASES)
def test_wages_go_to_the_workers_own_card_that_counts_and_that_the_sheet_names(
    whose: Payee | None, said: str | None, told: str
) -> None:
    found = card_of_sheet(whose, said, NOW)
    assert (found.index if isinstance(found, Card) else found.reason) == told


def test_what_came_back_goes_to_the_newest_card_once_it_counts() -> None:
    assert card_of_retry(CHANGED, NOW) == Hold(HoldReason.CARD_WAITING, LATER)
    assert card_of_retry(CHANGED, LATER) == CHANGED.cards[1]
    assert card_of_retry(OTHERS, NOW) == Hold(HoldReason.CARD_NOT_OWN)
    assert card_of_retry(None, NOW) == Hold(HoldReason.NOT_ON_ROSTER)


def test_a_batch_stands_as_its_lines_do_whatever_is_disputed() -> None:
    assert Tally(sent=ONE, returned=ONE).state == "under_way"
    assert Tally(pending=ONE, settled=ONE).state == "under_way"
    assert Tally(settled=ONE, returned=ONE).state == "incomplete"
    assert Tally(settled=ONE, held=ONE).state == "incomplete"
    assert Tally(settled=ONE, disputed=ONE).state == "settled"


def test_an_account_pays_what_it_holds_and_has_not_promised() -> None:
    funds = Funds(Decimal("100.00"), Decimal("30.00"))
    assert (funds.lacking(Decimal("70.00")), funds.lacking(Decimal("70.01"))) == (
        0,
        Decimal("0.01"),
    )
