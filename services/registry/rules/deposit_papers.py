"""The papers of a deposit in cash: the agreement with the bank, its mark of the account; pure.

The copy of the agreement lies at the supervising office, and the bank marks the account as one
that is not seized for other causes (65号 art. 10-11). Which of both an area asks for is a row.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.registry.rules.deposits import SecurityForm, SecurityPurpose, day_ahead
from shared.problems import Finding
from shared.wording import Text


class PaperKind(StrEnum):
    """What a paper shows."""

    AGREEMENT = "agreement"
    ACCOUNT_MARK = "account_mark"


_WORDS = {
    PaperKind.AGREEMENT: Text(
        "尚未留存保证金存款协议书副本，请上传",
        "The copy of the agreement with the bank was not filed: file it",
    ),
    PaperKind.ACCOUNT_MARK: Text(
        "尚无银行对保证金账户作专用标识的证明，请经办银行标识并上传证明",
        "The bank has not shown that it marked the account: let it do so, and file what shows it",
    ),
}


@dataclass(frozen=True, slots=True)
class PaperLacking:
    """That a paper is asked for and is not there."""

    kind: PaperKind

    @property
    def zh(self) -> str:
        """Give it in Chinese, with what to do."""
        return _WORDS[self.kind].zh

    @property
    def en(self) -> str:
        """Give it in English, with what to do."""
        return _WORDS[self.kind].en


def has_papers(purpose: SecurityPurpose, form: SecurityForm) -> bool:
    """Say whether there is an account to agree on and to mark: of a deposit in cash."""
    return purpose is SecurityPurpose.DEPOSIT and form is SecurityForm.CASH


def check_paper(
    purpose: SecurityPurpose, form: SecurityForm, dated_on: date, today: date
) -> Iterator[Finding]:
    """Give the findings of a paper: its deposit is cash, and its day has come."""
    if not has_papers(purpose, form):
        words = Text(
            "只有现金存储的工资保证金有存款协议和账户标识",
            "Only a deposit in cash has an agreement and a marked account",
        )
        yield Finding("kind", "NoAccount", words)
    if dated_on > today:
        yield day_ahead("dated_on")
