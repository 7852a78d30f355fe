"""A bank says what became of payments: all of it is taken, or nothing, and then all is kept."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.actions import disbursements, payment_conditions
from services.payroll.errors import ResultsRefused
from services.payroll.models import Disbursement, DisbursementLine, PaymentAttempt, ResultBatch
from services.payroll.rules.disbursements import BatchState, LineStatus
from services.payroll.rules.lists import ListState
from services.payroll.rules.results import Objection, Tried, Word
from services.payroll.schemas.results import MOST, ResultIn, ResultsIn
from shared import clock, list_files, pii, sets
from shared.auth import Caller
from shared.db import Session, new_id
from shared.events.payroll import DisbursementReopened, DisbursementSettled
from shared.files import Kept
from shared.outbox import publish
from shared.problems import Finding
from shared.tables import plain
from shared.tables.forms import Filled, Line, Place
from shared.wording import Text


@dataclass(frozen=True, slots=True)
class SentResults:
    """A file of results as it was sent, kept and read."""

    kept: Kept
    filled: Filled


@dataclass(slots=True)
class _Said:
    """What was said, place by place, and what is wrong with it."""

    words: list[tuple[Word, Any]] = field(default_factory=list)
    """Each with what tells its place: a row of a file, or its number in a body."""
    findings: list[tuple[Place, Finding]] = field(default_factory=list)

    def find(self, place: Any, one: Objection) -> None:  # noqa: ANN401  as above
        if isinstance(place, Line):
            place.find(one.field, one.code, one.said, one.remedy)
        else:
            at = f"results[{place}].{one.field}"
            found = Finding(at, one.code, one.said, one.remedy)
            self.findings.append((Place("", place + 1, ""), found))


async def receive_results(
    session: Session, caller: Caller, disbursement_id: UUID, body: ResultsIn, now: datetime
) -> ResultBatch:
    """Take what a bank says of a batch paid from its account; the same again changes nothing.

    Raises NotFound, and ResultsRefused with all findings, after all of it was kept.
    """
    batch = await queries.results.locked_batch_of_bank(session, disbursement_id, caller.scope)
    content = body.model_dump_json()
    row = await _row(session, batch, caller, hashlib.sha256(content.encode()).hexdigest(), now)
    if row.state is ListState.IMPORTED:
        return row
    said = _Said([(one.word(), n) for n, one in enumerate(body.results)])
    taken = await _take(session, batch, said, caller, now)
    rejected = {place.row for place, _ in said.findings}
    row.rows, row.rejected = len(said.words), len(rejected)
    row.body = content if rejected else None
    row.findings = [_kept(place, one) for place, one in said.findings]
    _finish(row, taken)
    if rejected:
        _refuse(row, [one for _, one in said.findings])
    return row


async def import_results(
    session: Session, caller: Caller, disbursement_id: UUID, sent: SentResults, now: datetime
) -> ResultBatch:
    """Take what a bank says of a batch in a file; raises as `receive_results`."""
    batch = await queries.results.locked_batch_of_bank(session, disbursement_id, caller.scope)
    row = await _row(session, batch, caller, sent.kept.sha256, now)
    if row.state is ListState.IMPORTED:
        return row
    filled = sent.filled
    if len(filled.lines) > MOST:
        filled.findings.append(_TOO_MANY)
    taken = 0
    if not filled.findings:
        said = _Said(list(_read(batch, filled)))
        taken = await _take(session, batch, said, caller, now, refused=filled.rejected > 0)
    row.file_id = sent.kept.file_id
    row.rows, row.rejected = len(filled.lines), filled.rejected
    row.findings = list(filled.told())
    _finish(row, taken)
    if row.state is ListState.REFUSED:
        found = [one for line in filled.lines for _, one in line.findings]
        _refuse(row, [*filled.findings, *found])
    return row


async def _row(
    session: Session, batch: Disbursement, caller: Caller, sha256: str, now: datetime
) -> ResultBatch:
    """Give what came of the same before, else a new row; what was refused is looked at anew."""
    digest = pii.blind_index(sha256, "account")
    row = await queries.results.locked_result_batch(session, batch.id, digest)
    if row is None:
        row = ResultBatch(
            id=new_id(), disbursement_id=batch.id, digest=digest, file_id=None, body=None,
            state=ListState.REFUSED, rows=0, accepted=0, rejected=0, entered=0, findings=[],
        )  # fmt: skip
    if row.state is not ListState.IMPORTED:
        row.received_at, row.received_from = now, caller.actor
        session.add(row)
    return row


def _finish(row: ResultBatch, taken: int) -> None:
    row.state = ListState.REFUSED if row.findings else ListState.IMPORTED
    row.accepted = row.rows - row.rejected
    row.entered = 0 if row.findings else taken


def _refuse(row: ResultBatch, found: Sequence[Finding]) -> None:
    raise ResultsRefused(
        errors=found, result_batch_id=str(row.id), rows=row.rows, accepted=row.accepted,
        rejected=row.rejected,
    )  # fmt: skip


def _read(batch: Disbursement, filled: Filled) -> Sequence[tuple[Word, Line]]:
    """Give the rows that say something; at the others is found what is wrong."""
    words = []
    for line in filled.lines:
        said = line.values
        if said["number"] and plain(said["number"]).upper() != batch.number.upper():
            line.find("number", "another_batch", *_OTHER)
        if line.findings:
            continue
        values = {name: one for name, one in said.items() if name in ResultIn.model_fields}
        if body := list_files.body(line, ResultIn, values, {}):
            words.append((body.word(), line))
    return words


async def _take(
    session: Session,
    batch: Disbursement,
    said: _Said,
    caller: Caller,
    now: datetime,
    *,
    refused: bool = False,
) -> int:
    """Let each word count that is news, if none is wrong; give how many are."""
    ids = {word.line_id for word, _ in said.words}
    attempts = await queries.results.locked_attempts(session, batch, ids)
    wrong = _object(said, attempts, now)
    if wrong or refused:
        return 0
    before = await queries.disbursements.tallies(session, [batch.id])
    lines = await queries.results.locked_lines(session, batch, ids)
    changed, reopened = [], []
    for word, _ in said.words:
        attempt = attempts[word.line_id, word.attempt]
        if not rules.results.is_news(word, _tried(attempt)):
            continue
        line = lines[word.line_id]
        if attempt.status is LineStatus.SETTLED:
            reopened.append(line)
        attempt.hear(word, caller.actor, now)
        if attempt.number == line.attempts:
            line.hear(word)
        changed.append((attempt, line))
    await sets.change(session, [attempt for attempt, _ in changed])
    await sets.change(session, [line for _, line in changed])
    if changed:
        await queries.paydays.touch(session, batch.project_id, [batch.period])
        await _tell(session, batch, before[batch.id].state, reopened, now)
        await payment_conditions.review(session, [batch.project_id], now)
    return len(changed)


def _object(
    said: _Said, attempts: Mapping[tuple[UUID, int], PaymentAttempt], now: datetime
) -> bool:
    """Find what is wrong with words; say whether anything is."""
    wrong, met = False, set()
    for word, place in said.words:
        key = (word.line_id, word.attempt)
        attempt = attempts.get(key)
        objections = list(
            rules.results.object_to(word, _tried(attempt) if attempt else None, clock.day_of(now))
        )
        if key in met:
            objections.append(Objection("line_id", "line_twice", *_TWICE))
        met.add(key)
        for one in objections:
            said.find(place, one)
        wrong = wrong or bool(objections)
    return wrong


def _tried(attempt: PaymentAttempt) -> Tried:
    return Tried(attempt.amount, attempt.sent_on, attempt.status, attempt.day, attempt.serial)


async def _tell(
    session: Session,
    batch: Disbursement,
    before: BatchState,
    reopened: Sequence[DisbursementLine],
    now: datetime,
) -> None:
    """Tell that all of a batch has settled, or that something of it came back that had."""
    project = await queries.projects.project(session, batch.project_id)
    said = disbursements.facts(batch, project.area_code)
    tally = (await queries.disbursements.tallies(session, [batch.id]))[batch.id]
    if reopened:
        concerned = sum((line.amount for line in reopened), rules.disbursements.NOTHING)
        publish(
            session,
            DisbursementReopened(
                **said, reopened_lines=len(reopened), reopened_total=concerned, occurred_at=now
            ),
        )
    if tally.state is BatchState.SETTLED and before is not BatchState.SETTLED:
        settled_on = await queries.results.last_settled_on(session, batch)
        publish(session, DisbursementSettled(**said, settled_on=settled_on, occurred_at=now))


def _kept(place: Place, one: Finding) -> dict[str, Any]:
    remedy = one.remedy and {"zh": one.remedy.zh, "en": one.remedy.en}
    return {
        "place": one.place, "sheet": place.sheet, "row": place.row, "column": place.column,
        "code": one.code, "detail": {"zh": one.detail.zh, "en": one.detail.en}, "remedy": remedy,
    }  # fmt: skip


_TOO_MANY = Finding(
    "file",
    "too_many",
    Text(f"一次最多 {MOST} 笔", f"At most {MOST} payments at once"),
    Text("请分成几个文件", "Split the file"),
)
_OTHER = (
    Text("不是本批次的批次号", "This is the number of another batch"),
    Text("请把结果报送到它所属的批次", "Send results to the batch that they are of"),
)
_TWICE = (
    Text("同一明细的同一次发放出现两次", "This attempt of this line stands here twice"),
    Text("请删去其中一行", "Leave one of them out"),
)
