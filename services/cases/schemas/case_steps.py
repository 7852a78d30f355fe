"""The acts upon an arrears case, each with what it needs; `act` says which it is."""

from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from pydantic import Field

from services.cases.rules.arrears import Cause, Conclusion, Nature
from services.cases.schemas.fields import Code, Days, InBody, Words
from shared import clock

_Evidence = Annotated[list[UUID], Field(max_length=50)]
OfficersIn = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]*$")]],
    Field(max_length=10),
]


class _Step(InBody):
    """What every act says."""

    version: Annotated[int, Field(ge=1)]
    """Of the case as it was read; where it has moved since, the act is refused."""
    note: Words | None = None
    """Without personal data: it stands in the history."""
    evidence_ids: _Evidence = []
    """Files that were brought for the case before."""


class _Reasoned(_Step):
    reason: Words


class SignIn(_Step):
    """Sign for a case that was routed or handed to one's own body."""

    act: Literal["sign"]


class ContactIn(_Step):
    """Contact whoever reported; tried in vain counts, too, and is written down."""

    act: Literal["contact"]
    reached: bool
    how: Code = "phone"


class HandOverIn(_Reasoned):
    """Hand a case to the competent body; its clocks run on."""

    act: Literal["hand_over"]
    unit_id: UUID


class AskSupplementIn(_Reasoned):
    """Ask for what is missing."""

    act: Literal["ask_supplement"]


class TakeSupplementIn(_Step):
    """Take what was missing."""

    act: Literal["take_supplement"]


class AcceptIn(_Step):
    """Accept a case; it is filed the same day."""

    act: Literal["accept"]
    cause: Cause | None = None


class RefuseIn(_Reasoned):
    """Refuse a case in writing, with the way that is open instead."""

    act: Literal["refuse"]
    conclusion: Conclusion
    told: Words
    """Which body or way whoever reported was guided to."""


class SuspendIn(_Reasoned):
    act: Literal["suspend"]


class ResumeIn(_Reasoned):
    act: Literal["resume"]


class ExtendIn(_Reasoned):
    """Grant more time for the investigation (423号 art. 17), within the area's terms."""

    act: Literal["extend"]
    length: Days


class InspectIn(_Step):
    """Inspect on site, by two officers at least; the result names no person."""

    act: Literal["inspect"]
    done_on: clock.Day
    result: Words
    officers: OfficersIn
    """Their ids; 423号 art. 16 wants two."""


class FinishIn(_Step):
    """Finish the investigation by two officers at least; the result names no person."""

    act: Literal["finish"]
    result: Words
    officers: OfficersIn
    """Their ids; 423号 art. 16 wants two."""
    nature: Nature | None = None
    cause: Cause | None = None


class DecideIn(_Step):
    """Decide: a correction order, a handling decision, a penalty; the last one says until when."""

    act: Literal["decide"]
    decision: Literal["correct", "handle", "penalty"]
    document_number: Words
    pay_within: Days | None = None
    """Working days that the decision gives; else the area's terms."""


class MediateIn(_Step):
    """Mediate (调处), with what came of it."""

    act: Literal["mediate"]
    result: Literal["agreed", "failed", "goes_on"]
    done_on: clock.Day


class ReferIn(_Reasoned):
    """Guide to mediation, arbitration, a court or legal aid: body, day and form."""

    act: Literal["refer"]
    body: Words
    way: Literal["mediation", "arbitration", "court", "legal_aid", "petition", "police"]
    done_on: clock.Day


class TransferIn(_Reasoned):
    """Transfer a case to the police (310号); two officers, and the head's decision."""

    act: Literal["transfer"]
    officers: OfficersIn
    decided_on: clock.Day
    document_number: Words


class TakeBackIn(_Reasoned):
    act: Literal["take_back"]


class ProposeEndIn(_Step):
    """Propose that a case ends, by a conclusion and the proofs that it asks for."""

    act: Literal["propose_end"]
    conclusion: Conclusion
    proofs: dict[Code, UUID] = {}
    """The evidence that shows each proof which the conclusion asks for."""


class ConfirmEndIn(_Step):
    """Confirm an end that another person proposed: struck off (销账)."""

    act: Literal["confirm_end"]


class ReturnEndIn(_Reasoned):
    act: Literal["return_end"]


class ReopenIn(_Reasoned):
    """Open a case again, with its history."""

    act: Literal["reopen"]


class TakeCopyIn(_Step):
    """Sign, for the labour inspectorate, for the copy that it was sent (抄报)."""

    act: Literal["take_copy"]


StepIn: TypeAlias = Annotated[
    SignIn
    | ContactIn
    | HandOverIn
    | AskSupplementIn
    | TakeSupplementIn
    | AcceptIn
    | RefuseIn
    | SuspendIn
    | ResumeIn
    | ExtendIn
    | InspectIn
    | FinishIn
    | DecideIn
    | MediateIn
    | ReferIn
    | TransferIn
    | TakeBackIn
    | ProposeEndIn
    | ConfirmEndIn
    | ReturnEndIn
    | ReopenIn
    | TakeCopyIn,
    Field(discriminator="act"),
]


def details(body: Any) -> dict[str, Any]:  # noqa: ANN401 -- any of the acts above
    """Give what the history keeps of an act."""
    kept: dict[str, Any] = body.model_dump(
        mode="json", exclude={"act", "version"}, exclude_none=True, exclude_defaults=True
    )
    return kept
