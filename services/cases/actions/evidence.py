"""Files that people bring for a matter, and naming them where something is claimed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.cases import queries
from services.cases.actions.timeline import act_for, note, tell_decision, who
from services.cases.errors import (
    AttachmentsEnough,
    EvidenceRefused,
    EvidenceUnknown,
    FileInfected,
)
from services.cases.models import ArrearsCase, CaseReport, Evidence, WatchItem
from services.cases.rules.items import Happening
from shared.auth import Caller
from shared.db import Session, record
from shared.files import Kept, Scan
from shared.problems import Finding
from shared.wording import Text


async def add_evidence(
    session: Session, caller: Caller, item_id: UUID, kept: Kept, now: datetime
) -> Evidence:
    """Bring a kept file for a watch item; the same again gives the first."""
    item = await queries.items.locked_watch_item(session, item_id, caller.scope)
    act_for(session, caller.actor)
    file: dict[str, str | int] = {"kind": kept.kind, "sha256": kept.sha256}
    file |= {"size": kept.size, "scan": kept.scan}
    evidence = await keep_evidence(session, item, kept.file_id, file, now, org_id=caller.org)
    if evidence.id == kept.file_id:
        said = {"paper_id": kept.file_id, "file": file, "org_id": caller.org}
        tell_decision(session, item, Happening.EVIDENCE_ADDED, now, **said)
    return evidence


async def add_case_evidence(
    session: Session, caller: Caller, case_id: UUID, kept: Kept, now: datetime
) -> Evidence:
    """Bring a kept file for an arrears case; the same again gives the first. Raises CaseUnknown."""
    case = await queries.arrears.locked_case(session, case_id, caller.scope)
    return await queries.evidence.locked_evidence_of(
        session, id=kept.file_id, subject_id=case.id, kind=kept.kind, sha256=kept.sha256,
        size=kept.size, scan=kept.scan, kept_at=now, kept_by=caller.actor, org_id=caller.org,
    )  # fmt: skip


async def add_attachment(
    session: Session,
    case: ArrearsCase,
    report: CaseReport,
    kept: Kept,
    now: datetime,
    *,
    most: int,
) -> Evidence:
    """Keep what whoever reported sends along; the same again gives the first.

    The case is locked, so that two files at once do not both be the last one. Raises
    AttachmentsEnough.
    """
    there = await queries.evidence.attachments(session, report.id)
    if same := next((one for one in there if one.sha256 == kept.sha256), None):
        return same
    if len(there) >= most:
        raise AttachmentsEnough(most=most)
    return await queries.evidence.locked_evidence_of(
        session, id=kept.file_id, subject_id=case.id, kind=kept.kind, sha256=kept.sha256,
        size=kept.size, scan=kept.scan, kept_at=now, kept_by=f"receipt:{report.id}",
        report_id=report.id, org_id=None,
    )  # fmt: skip


async def hand_out(session: Session, caller: Caller, evidence_id: UUID) -> Evidence:
    """Let a caller have a file; who had which is recorded. Raises EvidenceUnknown, FileInfected.

    What complainants bring only those have who work on cases.
    """
    found = await queries.evidence.evidence(session, evidence_id, caller.scope)
    if found.report_id is not None and "cases:work_cases" not in caller.permissions:
        raise EvidenceUnknown
    if found.scan == Scan.INFECTED:
        raise FileInfected
    record(session, "download", Evidence.__tablename__, found.id, after={"sha256": found.sha256})
    return found


async def keep_evidence(
    session: Session,
    item: WatchItem,
    file_id: UUID,
    file: Mapping[str, str | int],
    now: datetime,
    *,
    org_id: UUID | None,
) -> Evidence:
    """Write down whose a kept file is: its kind, sha256 (hex), size (bytes) and scan."""
    evidence = await queries.evidence.locked_evidence_of(
        session,
        id=file_id,
        subject_id=item.id,
        **file,
        kept_at=now,
        kept_by=who(session),
        org_id=org_id,
    )
    if evidence.id == file_id:
        said = {"evidence_id": evidence.id, "sha256": file["sha256"]}
        note(session, item, Happening.EVIDENCE_ADDED, now, **said)
    return evidence


async def check_evidence(
    session: Session, subject_id: UUID, ids: Sequence[UUID], *, needed: bool = False
) -> None:
    """Raise EvidenceRefused, naming every id that is no evidence of the matter, or that none is."""
    missing = await queries.evidence.missing_evidence(session, subject_id, ids) if ids else []
    findings = [
        Finding(
            f"evidence_ids[{ids.index(one)}]",
            "evidence_unknown",
            Text("该事项没有此证据文件", "This matter has no such evidence"),
            Text("请先上传文件，再填写其编号", "Upload the file first, then give its id"),
        )
        for one in missing
    ]
    if needed and not ids:
        findings.append(
            Finding(
                "evidence_ids",
                "evidence_needed",
                Text("须附证据文件", "Evidence is needed here"),
                Text("请上传凭证后再提交", "Upload what proves it and name it here"),
            )
        )
    if findings:
        raise EvidenceRefused(errors=findings)
