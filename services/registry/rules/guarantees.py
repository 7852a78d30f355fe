"""How long a guarantee of wages has to be good (65号 art. 16–18); pure."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from services.registry.rules.deposits import SecurityForm, SecurityPurpose
from shared import workdays
from shared.wording import Text


class Short(StrEnum):
    """Before what a guarantee ends that should not."""

    TERM = "TermShort"
    CONTRACT = "ShorterThanContract"


_WORDS = {
    Short.TERM: Text(
        "保函有效期短于规定的最短期限，应至少至 {until}，请展期或更换",
        "Shorter than the least term: it should be good until {until}; extend or replace it",
    ),
    Short.CONTRACT: Text(
        "保函有效期短于合同期，应至少至 {until}，请展期或更换",
        "It ends before the contract does, on {until}: extend or replace it",
    ),
}


@dataclass(frozen=True, slots=True)
class TermWarning:
    """That a guarantee is too short, and the day until which it should last at least."""

    code: Short
    until: date

    @property
    def zh(self) -> str:
        """Give it in Chinese, with what to do."""
        return _WORDS[self.code].fill(until=self.until.isoformat()).zh

    @property
    def en(self) -> str:
        """Give it in English, with what to do."""
        return _WORDS[self.code].fill(until=self.until.isoformat()).en


def has_term(purpose: SecurityPurpose, form: SecurityForm) -> bool:
    """Say whether the least term counts: for guarantees of wages; cash does not end."""
    return purpose is SecurityPurpose.DEPOSIT and form is not SecurityForm.CASH


def term_until(valid_from: date, months: int) -> date:
    """Give the last day of a term of so many months that begins on a day."""
    return workdays.months_after(valid_from, months) - timedelta(days=1)


def period_ends(period: str) -> date:
    """Give the last day of a month, `YYYY-MM`."""
    return term_until(date.fromisoformat(f"{period}-01"), 1)


def terms_short(
    valid_until: date | None, term_ends: date | None, contract_ends: date | None
) -> list[TermWarning]:
    """Give before what a guarantee ends although it should not; unknown days ask for nothing."""
    if valid_until is None:
        return []
    asked = ((Short.TERM, term_ends), (Short.CONTRACT, contract_ends))
    return [TermWarning(code, day) for code, day in asked if day and valid_until < day]
