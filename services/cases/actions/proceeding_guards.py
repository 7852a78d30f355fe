"""What keeps an act upon a proceeding from being done: all of it is found at once."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from uuid import UUID

from services.cases import queries
from services.cases.models import ArrearsCase, Proceeding
from services.cases.rules import proceedings as rules
from services.cases.rules.arrears import ENDINGS, Conclusion
from services.cases.rules.case_clocks import ClockKind
from services.cases.rules.proceedings import ProceedingKind, ProceedingStage, Step
from services.cases.schemas.proceedings import ProceedingIn, ProceedingStepIn
from shared import clock, workdays
from shared.auth import Caller
from shared.db import Session
from shared.problems import Finding
from shared.wording import Text


def lacking(row: Step, body: ProceedingIn | ProceedingStepIn) -> Iterator[Finding]:
    """Find what the table asks for and nobody gave."""
    for name in row.needs:
        if not getattr(body, name):
            yield Finding(
                name, "lacking",
                Text(f"该步骤须填写 {name}", f"This act needs {name}"),
                Text("请补充后再提交", "Give it and send it again"),
            )  # fmt: skip


def early(done_on: date | None, now: datetime) -> Iterator[Finding]:
    """Find a day that has not come."""
    if done_on is not None and done_on > clock.day_of(now):
        yield Finding(
            "done_on", "in_future",
            Text("办理日期不得晚于今天", "It cannot be done later than today"),
            Text("请填写文书或行为的实际日期", "Give the day of the paper or the act"),
        )  # fmt: skip


async def unknown_lines(session: Session, case: ArrearsCase, ids: Sequence[UUID]) -> list[Finding]:
    """Find lines that the case does not have."""
    there = {one.id for one in await queries.case_lines.locked_lines(session, case.id, set(ids))}
    return [
        Finding(
            f"line_ids[{place}]", "line_unknown",
            Text("本案没有该明细行", "This case has no such line"),
            Text("请从案件明细中选择", "Take it from the lines of the case"),
        )
        for place, one in enumerate(ids)
        if one not in there
    ]  # fmt: skip


async def unfit(
    session: Session,
    caller: Caller,
    case: ArrearsCase,
    proceeding: Proceeding,
    body: ProceedingStepIn,
    *,
    now: datetime,
) -> list[Finding]:
    """Find what the law asks of this act beside what is given."""
    found = [*await _waited_for(session, proceeding, body.act, now)]
    key = proceeding.kind, body.act
    if key == (ProceedingKind.TRANSFER, "report"):
        found += [*await _officers(session, case, body.officers or [], now)]
    elif key == (ProceedingKind.LISTING, "ask_removal"):
        found += [*await _not_removed_early(session, case, proceeding, now)]
    elif key == (ProceedingKind.LISTING, "extend"):
        found += [*await _too_long(session, proceeding, body.days or 0)]
    elif key == (ProceedingKind.SUPERVISION, "unlist") and caller.org != proceeding.opened_org:
        found.append(
            Finding(
                "act", "other_body",
                Text("须由原挂牌单位摘牌", "Only the body that listed it takes it off"),
                Text("请报原挂牌单位办理", "Report to the body that listed it"),
            )
        )  # fmt: skip
    return found


async def unfit_end(
    session: Session, case: ArrearsCase, conclusion: Conclusion
) -> Iterator[Finding]:
    """Find that the proceeding which a conclusion tells of has not come so far."""
    if conclusion not in rules.ENDED_BY:
        return iter(())
    kind, stages = rules.ENDED_BY[conclusion]
    there = await queries.proceedings.of_case(session, case.id, kind)
    words = ENDINGS[conclusion].words
    found = Finding(
        "conclusion", "proceeding_lacking",
        Text(f"没有程序表明“{words.zh}”", f"No proceeding shows: {words.en.lower()}"),
        Text("请先在案件程序中登记到该环节", "Bring the case's proceeding that far first"),
    )  # fmt: skip
    return iter(() if any(one.stage in stages for one in there) else (found,))


async def _waited_for(
    session: Session, proceeding: Proceeding, act: str, now: datetime
) -> Iterator[Finding]:
    kind = rules.WAITED_OUT.get((proceeding.kind, act))
    if kind is None:
        return iter(())
    running = await queries.case_clocks.locked_running_of(session, proceeding.id, kind)
    until = [one.due_at for one in running if one.due_at and one.due_at > now]
    return iter(
        Finding(
            "act", "too_early",
            Text(
                f"须待期限届满（{clock.day_of(due)} 零时）后办理",
                f"Its limit runs until {clock.day_of(due)} begins",
            ),
            Text("期限届满后再办理", "Do it when the limit is over"),
        )
        for due in until
    )  # fmt: skip


async def _officers(
    session: Session, case: ArrearsCase, officers: list[str], now: datetime
) -> Iterator[Finding]:
    terms = await queries.arrears.case_terms(session, case.area_code, now)
    few = Finding(
        "officers", "officers_too_few",
        Text(f"须由不少于 {terms.officers} 名监察员办理", f"It takes {terms.officers} officers"),
        Text("请填写全部承办监察员", "Name all officers who acted"),
    )  # fmt: skip
    return iter([few] if len(set(officers)) < terms.officers else [])


async def _not_removed_early(
    session: Session, case: ArrearsCase, proceeding: Proceeding, now: datetime
) -> Iterator[Finding]:
    """Find why no early removal is open: too early, new arrears, a criminal procedure (L4.7, 8)."""
    terms = await queries.arrears.enforcement_terms(session, case.area_code, now)
    listed_at = proceeding.listed_at or now
    first = workdays.months_after(clock.day_of(listed_at), terms.removal_months)
    transfers = await queries.proceedings.of_case(session, case.id, ProceedingKind.TRANSFER)
    criminal = {ProceedingStage.FILED, ProceedingStage.HANDED_OVER}
    reasons = (
        (clock.day_of(now) < first, "too_early", Text(
            f"列入未满 {terms.removal_months} 个月", f"Listed for less than {terms.removal_months}"
            " months",
        )),
        (await queries.proceedings.has_newer_case(session, case, listed_at), "new_arrears", Text(
            "列入后又发生欠薪", "New arrears were told of since"
        )),
        (any(one.stage in criminal for one in transfers), "criminal_procedure", Text(
            "正处于刑事程序", "A criminal procedure is under way"
        )),
        (case.owed > 0, "not_corrected", Text(
            f"尚欠 {case.owed} 元", f"{case.owed} yuan are owed"
        )),
    )  # fmt: skip
    remedy = Text("不符合提前移出条件", "It does not meet the conditions of an early removal")
    return iter(Finding("act", code, text, remedy) for holds, code, text in reasons if holds)


async def _too_long(session: Session, proceeding: Proceeding, days: int) -> Iterator[Finding]:
    left = 0
    of = ClockKind.LISTING_DECISION
    for running in await queries.case_clocks.locked_running_of(session, proceeding.id, of):
        terms = await queries.case_clocks.terms_of(session, running)
        left = terms.more - running.granted
    found = Finding(
        "days", "too_long",
        Text(f"最多还可延长 {left} 个工作日", f"{left} working days are left to grant"),
        Text("请减少天数", "Grant fewer"),
    )  # fmt: skip
    return iter([found] if days > left else [])
