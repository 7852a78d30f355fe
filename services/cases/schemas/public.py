"""The public door: boards as offices make them, reports as people send them, their mailbox."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.cases.rules.arrears import Speaker
from services.cases.rules.case_clocks import Investment
from services.cases.rules.course import Stage
from services.cases.rules.public import PlaceKind
from services.cases.schemas.arrears import IdNumber, Line, Months, Phone, refuse_unreachable
from services.cases.schemas.fields import AreaCode, Asked, Code, InBody, OutBody, Words, WordsOut
from services.cases.schemas.leads import Money, Workers
from services.cases.schemas.terms import TermsBody
from shared import clock
from shared.files import FileKind
from shared.uploads import MEBIBYTE

MOST_FILE_BYTES = 20 * MEBIBYTE
"""A film of a telephone, cut short; what is larger comes to the office on a stick."""
_PHOTOS = (
    FileKind.PDF, FileKind.PNG, FileKind.JPEG, FileKind.WEBP, FileKind.HEIC, FileKind.MP4,
)  # fmt: skip

BoardCode = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{8,40}$")]
Receipt = Annotated[str, Field(pattern=r"^[0-9A-Za-z -]{20,60}$")]
"""As it was shown; letters of either case, with or without what stands between them."""


class NoticeBoardIn(InBody):
    """Where a code hangs; what it says of the place is shown to whoever reads it."""

    area_code: AreaCode
    place: Line | None = None
    """The site, as the board names it; none where people of many sites pass."""
    project_id: UUID | None = None
    project_name: Line | None = None
    industry: Code = "construction"
    investment: Investment | None = None


class NoticeBoardOut(OutBody):
    """A board's code."""

    id: UUID
    code: str
    path: str
    """What is printed as a QR code, behind the installation's public address."""
    area_code: str
    place: str | None
    project_id: UUID | None
    project_name: str | None
    industry: str
    investment: Investment | None
    unit_id: UUID | None
    made_at: datetime
    made_by: str
    ended_at: datetime | None
    """Since when its form takes nothing any more; what was told by it stays."""


class BoardFilter(Asked):
    """Which boards."""

    area_code: AreaCode | None = None
    """This area and all below it."""
    project_id: UUID | None = None
    ended: bool | None = None


class SiteOut(OutBody):
    """What a board says of its place."""

    area_code: str
    place: str | None
    project_name: str | None


class PublicReportIn(InBody):
    """What somebody tells of unpaid wages by a board's form; what he does not know is left out."""

    speaker: Literal[Speaker.WORKER, Speaker.REPRESENTATIVE, Speaker.ANYONE] = Speaker.WORKER
    anonymous: bool = False
    """Asked to be named to nobody; what he gave of himself is not kept then."""
    name: Line | None = None
    phone: Phone | None = None
    id_number: IdNumber | None = None
    text: Words
    """In his own words; kept sealed."""
    place: Line | None = None
    """The site; needed where the board hangs at none."""
    employer_name: Line | None = None
    months: Months | None = None
    left_on: clock.Day | None = None
    """When he left the site, if he did."""
    workers: Workers | None = None
    amount: Money | None = None
    website: Annotated[str, Field(max_length=0)] = ""
    """People do not see this field and leave it empty; robots fill it in."""

    @model_validator(mode="after")
    def _can_be_answered(self) -> Self:
        refuse_unreachable(self.speaker, self.name, self.phone, anonymous=self.anonymous)
        return self


class ReceiptOut(OutBody):
    """The receipt of a report. It is shown this once and kept as a hash; it opens the mailbox."""

    receipt: str
    received_at: datetime


class MailboxIn(InBody):
    """Whose mailbox: whoever has the receipt reads it."""

    receipt: Receipt


class MessageIn(MailboxIn):
    """An answer, or what was forgotten."""

    text: Words


class ToldOut(OutBody):
    """What is told of a stage, in plain words."""

    at: datetime
    stage: Stage
    words: WordsOut


class MailOut(OutBody):
    """A message of a mailbox."""

    at: datetime
    by_office: bool
    text: str


class AttachmentOut(OutBody):
    """A file that came with a report: what it is by its bytes, and how large."""

    kept_at: datetime
    kind: FileKind
    size: int
    """Bytes."""


class MailboxOut(OutBody):
    """What whoever reported is told: of his own report, and of nobody else."""

    received_at: datetime
    area_code: str
    withdrawn_at: datetime | None
    told: list[ToldOut]
    """The oldest first; the last is where it stands."""
    conclusion: WordsOut | None
    """How it ended, where the area tells of it."""
    messages: list[MailOut]
    files: list[AttachmentOut]


class WithdrawnOut(OutBody):
    """That a report was taken back."""

    withdrawn_at: datetime


class CaseMessageIn(InBody):
    """What the body in charge writes to whoever reported; of nobody else, and no sum of others."""

    text: Words


class CaseMessageOut(OutBody):
    """A message without its words, which are revealed apart."""

    id: UUID
    case_id: UUID
    report_id: UUID
    at: datetime
    by_office: bool
    actor: str


class CaseMessageFilter(Asked):
    """Which messages."""

    case_id: UUID | None = None
    report_id: UUID | None = None
    waiting: bool | None = None
    """Whether nobody of the office has written since."""


class RevealedMessagesOut(OutBody):
    """The messages of a report in clear words. The reading is recorded."""

    report_id: UUID
    messages: list[MailOut]


class PlaceIn(InBody):
    """An office or a number that somebody who is owed wages can turn to."""

    kind: PlaceKind
    name: Line
    phone: Annotated[str, Field(pattern=r"^[0-9 +()-]{3,40}$")] | None = None
    address: Line | None = None
    note: Line | None = None
    """Hours, or what it takes."""
    source: Line
    """Where it is published."""


class _PublicTerms(TermsBody):
    """What an area tells whoever reported, and where else he can turn to."""

    stages: Annotated[list[Stage], Field(max_length=20)]
    """The stages that are told of."""
    conclusion: bool
    """Whether it is told how the case ended."""
    places: Annotated[list[PlaceIn], Field(max_length=100)]
    file_kinds: Annotated[list[FileKind], Field(max_length=20)] = list(_PHOTOS)
    """Kinds of files that may come with a report, by their bytes; of those that evidence may be."""
    most_files: Annotated[int, Field(ge=0, le=50)] = 10
    """So many with one report."""
    most_bytes: Annotated[int, Field(ge=1024, le=MOST_FILE_BYTES)] = MOST_FILE_BYTES
    """So large each."""


class PublicTermsIn(_PublicTerms, InBody):
    """Terms to be stored. Area and version name them; the same again changes nothing."""


class PublicTermsOut(_PublicTerms, OutBody):
    """Stored terms of the public door."""

    id: UUID


class PlacesOut(OutBody):
    """Where somebody who is owed wages can turn to in an area."""

    area_code: str
    """Whose list it is: the area's own, or the nearest above it that has one."""
    version: int
    basis: str
    places: list[PlaceIn]
