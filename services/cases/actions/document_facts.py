"""What a document's fields say: what the case knows, and what whoever issues it gives."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from services.cases import queries
from services.cases.models import ArrearsCase, ArrearsLine, CaseStep, DocumentTemplate
from services.cases.rules.arrears import ENDINGS
from services.cases.rules.case_clocks import ClockKind
from services.cases.rules.course import Act, Stage
from services.cases.rules.documents import (
    GIVEN,
    DocumentKind,
    Field,
    From,
    day_words,
    fields_of,
    yuan_words,
)
from services.cases.schemas.documents import DocumentIn
from shared import clock
from shared.db import Session
from shared.problems import Finding
from shared.wording import Text

_LATER = ("number",)
"""What is known only when all else is right."""


@dataclass(slots=True)
class Content:
    """What a document says: its values and rows by the codes of fields, or what is missing."""

    values: dict[str, str] = field(default_factory=dict)
    rows: list[dict[str, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    reporter_named: bool = False


async def content(
    session: Session,
    case: ArrearsCase,
    template: DocumentTemplate,
    body: DocumentIn,
    now: datetime,
) -> Content:
    """Give what a document of a case says, with all fields that have no value as findings."""
    said = Content()
    used = fields_of(template.fields)
    lines = [
        one for one in await queries.case_lines.lines_of(session, case.id) if _is_on(body, one)
    ]
    facts = {**await _steps(session, case), **_of_case(case, body.kind, lines, clock.day_of(now))}
    facts["investigate_by"] = await _investigated_by(session, case)
    facts["addressee"] = await _reporter(session, case, body, said)
    said.findings += _unfit(body, {one.code for one in used}, facts)
    for one in used:
        if one.source is From.LINE or one.code in _LATER:
            continue
        value = facts.get(one.code) or _given(one, body, said)
        if value:
            said.values[one.code] = value
        elif not any(found.place == f"fields.{one.code}" for found in said.findings):
            said.findings.append(_missing(one))
    columns = [one for one in used if one.source is From.LINE]
    if columns:
        said.rows = [_row(place, one) for place, one in enumerate(lines, 1)]
        said.findings += _lacking(columns, said.rows, lines)
    return said


def _is_on(body: DocumentIn, line: ArrearsLine) -> bool:
    """Say whether a line is named: a bank is told of those who are owed something."""
    if line.withdrawn:
        return False
    return body.kind is not DocumentKind.PAYMENT or line.owed > 0


def _of_case(
    case: ArrearsCase, kind: DocumentKind, lines: list[ArrearsLine], today: date
) -> dict[str, str | None]:
    ended = case.stage is Stage.ENDED and case.ended_at is not None
    facts = {
        "made_on": day_words(today),
        "case_number": case.number,
        "employer": case.employer_name,
        "place": case.place or None,
        "received_on": _day(case.received_at),
        "accepted_on": _day(case.accepted_at),
        "conclusion": ENDINGS[case.conclusion].words.zh if ended and case.conclusion else None,
        "ended_on": _day(case.ended_at) if ended else None,
    }
    # A case may end without anybody's line; whatever asks for money names whose it is.
    if not lines and kind is not DocumentKind.CLOSING:
        return facts
    verified = kind is DocumentKind.CLOSING or all(one.verified is not None for one in lines)
    facts |= {
        "workers": str(len(lines)),
        "claimed": _yuan(case.claimed),
        "paid": _yuan(case.paid),
        "owed": _yuan(case.owed),
        "owed_words": yuan_words(case.owed),
    }
    if verified:
        facts |= {
            "verified": _yuan(case.verified),
            "verified_words": yuan_words(case.verified),
        }
    return facts


async def _steps(session: Session, case: ArrearsCase) -> dict[str, str | None]:
    """Give what was said when the case was refused, decided on or transferred."""
    decided = _said(await queries.documents.last_step(session, case.id, Act.DECIDE))
    transfer = _said(await queries.documents.last_step(session, case.id, Act.TRANSFER))
    refusal = bool(case.conclusion and ENDINGS[case.conclusion].refusal)
    refused: Mapping[str, Any] = {}
    if case.stage is Stage.ENDED and refusal:
        refused = _said(await queries.documents.last_step(session, case.id, Act.REFUSE))
    on = transfer.get("decided_on")
    return {
        "decision_number": decided.get("document_number"),
        "transfer_reason": transfer.get("reason"),
        "transferred_on": day_words(date.fromisoformat(on)) if on else None,
        "refusal_reason": refused.get("reason"),
        "other_way": refused.get("told"),
    }


def _said(step: CaseStep | None) -> Mapping[str, Any]:
    return step.details if step else {}


async def _investigated_by(session: Session, case: ArrearsCase) -> str | None:
    clocks = await queries.case_clocks.clocks(session, case.id)
    due = [one.due_at for one in clocks if one.kind is ClockKind.STATUTORY and one.due_at]
    return _day(due[-1] - timedelta(microseconds=1)) if due else None


async def _reporter(
    session: Session, case: ArrearsCase, body: DocumentIn, said: Content
) -> str | None:
    """Give the name of whoever told, if the document is addressed to him."""
    if body.report_id is None:
        return None
    report = await queries.documents.find_report(session, case.id, body.report_id)
    if report is None or not report.name:
        anonymous = report is not None
        said.findings.append(
            Finding(
                "report_id",
                "reporter_unknown",
                Text("反映人未留姓名", "Whoever reported gave no name")
                if anonymous
                else Text("本案没有该条反映", "This case has no such report"),
                Text("请直接填写送达对象", "Give the addressee instead"),
            )
        )
        return None
    said.reporter_named = True
    return report.name


def _unfit(body: DocumentIn, used: set[str], facts: Mapping[str, str | None]) -> Iterator[Finding]:
    """Find what was given that the document does not ask for, or that the case knows itself."""
    for code in body.fields:
        if code not in GIVEN or facts.get(code):
            yield Finding(
                f"fields.{code}", "not_to_be_given",
                Text(f"{code} 不由人工填写", f"{code} is not given by hand"),
                Text("请删去该项，由案件信息自动带入", "Leave it out: the case says it"),
            )  # fmt: skip
        elif code not in used:
            yield Finding(
                f"fields.{code}", "not_used",
                Text(f"该文书模板没有用到 {code}", f"The template does not use {code}"),
                Text("请删去该项", "Leave it out"),
            )  # fmt: skip


def _given(one: Field, body: DocumentIn, said: Content) -> str | None:
    value = body.fields.get(one.code)
    if value is None or one.code not in GIVEN or not one.holds_day:
        return value if one.code in GIVEN else None
    try:
        return day_words(date.fromisoformat(value))
    except ValueError:
        said.findings.append(
            Finding(
                f"fields.{one.code}",
                "day_unreadable",
                Text(f"“{one.words.zh}”不是日期", f"{one.words.en}: this is no day"),
                Text("请填写如 2023-05-31", "Write it like 2023-05-31"),
            )
        )
        return None


def _missing(one: Field) -> Finding:
    remedy = one.remedy or Text(f"请填写 {one.code}", f"Give {one.code}")
    return Finding(
        f"fields.{one.code}", "field_missing",
        Text(f"缺少“{one.words.zh}”", f"Missing: {one.words.en}"), remedy,
    )  # fmt: skip


def _row(place: int, line: ArrearsLine) -> dict[str, str]:
    return {
        "line_position": str(place),
        "line_name": line.name,
        "line_id_number": line.id_number or "",
        "line_months": line.months.replace("..", " 至 "),
        "line_claimed": _yuan(line.claimed),
        "line_verified": "" if line.verified is None else _yuan(line.verified),
        "line_paid": _yuan(line.paid),
        "line_owed": _yuan(line.owed),
    }


def _lacking(
    columns: list[Field], rows: list[dict[str, str]], lines: list[ArrearsLine]
) -> Iterator[Finding]:
    """Find what lines do not say of their workers."""
    if not rows:
        yield Finding(
            "lines", "field_missing",
            Text("缺少农民工明细", "Missing: the workers' lines"),
            Text("请先登记农民工明细", "Enter the workers' lines first"),
        )  # fmt: skip
    for line, row in zip(lines, rows, strict=True):
        for one in columns:
            if not row[one.code]:
                yield Finding(
                    f"lines[{line.position}].{one.code.removeprefix('line_')}", "field_missing",
                    Text(
                        f"第 {line.position} 行缺少“{one.words.zh}”",
                        f"Line {line.position} lacks: {one.words.en}",
                    ),
                    Text("请先补充该行明细", "Complete this line first"),
                )  # fmt: skip


def _day(at: datetime | None) -> str | None:
    return day_words(clock.day_of(at)) if at else None


def _yuan(amount: Decimal) -> str:
    return f"{amount:.2f}"
