"""A finance bureau's file of treasury payments: each row finds its project, and all are taken."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.actions import expectations, lists, payments
from services.payroll.actions.lists import Importing, SentList
from services.payroll.actions.payments import Origin
from services.payroll.errors import AreaUnknown, PaymentListRefused
from services.payroll.models import PaymentList
from services.payroll.queries.payment_lists import Named
from services.payroll.rules.payments import Told
from services.payroll.schemas.payments import MOST, ListedPaymentIn
from shared import list_files, pii
from shared.areas import Scope
from shared.auth import Caller
from shared.db import Session
from shared.events.registry import project_id
from shared.expectations import FeedKind
from shared.problems import Finding
from shared.tables.forms import Line
from shared.wording import Text

# By what a row may name its project; all that it names must be one.
_NAMING = ("project", "project_name", "account_no")
_COLUMNS = {"project_id": "project"}


async def import_payments(
    session: Session, caller: Caller, sent: SentList, now: datetime, *, dry_run: bool
) -> PaymentList:
    """Take all payments of a file, or none. Raises AreaUnknown, PaymentListRefused."""
    taken = await lists.import_list(session, caller, PAYMENTS, sent, now, dry_run=dry_run)
    if not dry_run:  # The same file again enters nothing, and is a sign of life all the same.
        await expectations.arrive(session, FeedKind.TREASURY, {sent.area_code}, now)
    return taken


async def template_choices(session: Session, scope: Scope, area_code: str) -> list[str]:
    """Give the names of projects that a template offers; raises AreaUnknown."""
    if not await queries.sources.in_areas(session, area_code, scope):
        raise AreaUnknown
    return await queries.payment_lists.project_names(session, area_code, scope)


async def _enter(
    session: Session, caller: Caller, sent: SentList, list_id: UUID, now: datetime
) -> int:
    """Take the payments that are new, if no row is wrong; what came before stands as it is."""
    await expectations.arrive(session, FeedKind.TREASURY, {sent.area_code}, now)
    lines = sent.filled.lines
    if len(lines) > MOST:
        sent.filled.findings.append(_TOO_MANY)
        return 0
    await queries.payments.wait_for_turn(session, sent.area_code)
    list_files.find_twice(lines, ["voucher"])
    told = await _told(session, caller.scope, sent, now)
    before = await queries.payments.payments_by_voucher(
        session, sent.area_code, [one.voucher for _, one in told]
    )
    fresh = [(line, one) for line, one in told if one.voucher not in before]
    for line, one in told:
        for objection in payments.object_to_voucher(one, before.get(one.voucher)):
            line.find(*objection)
    await _find_nothing_owed(session, fresh)
    if sent.filled.rejected:
        return 0
    origin = Origin(sent.area_code, caller.actor, list_id)
    return len(await payments.write(session, origin, [one for _, one in fresh], now))


async def _told(
    session: Session, scope: Scope, sent: SentList, now: datetime
) -> Sequence[tuple[Line, Told]]:
    """Give the rows that are payments; at the others is found what is wrong."""
    lines = sent.filled.lines
    named = await _named(session, scope, sent)
    told = []
    for line in lines:
        said = line.values
        project = _project_of(line, named)
        for objection in payments.object_to(said["amount"], said["sent_on"], now):
            line.find(*objection)
        if line.findings or project is None:
            continue
        values = {name: one for name, one in said.items() if name in ListedPaymentIn.model_fields}
        values |= {"project_id": project, "period": said["period"] or _period(line)}
        if body := list_files.body(line, ListedPaymentIn, values, _COLUMNS):
            told.append((line, Told(**body.model_dump())))
    return told


def _period(line: Line) -> str | None:
    """Give the period that purpose or summary name."""
    texts = (line.values["purpose"], line.values["summary"])
    found = (rules.purposes.named_period(text, line.values["sent_on"]) for text in texts)
    return next((period for period in found if period), None)


async def _named(session: Session, scope: Scope, sent: SentList) -> Named:
    """Look up all that the rows name, in the bureau's area, as far as the caller sees it."""
    said = {name: {line.values[name] for line in sent.filled.lines} - {None} for name in _NAMING}
    codes = {project_id(code): code for code in said["project"]}
    numbers = {pii.blind_index(number, "account"): number for number in said["account_no"]}
    return await queries.payment_lists.named(
        session, sent.area_code, scope, codes=codes, names=said["project_name"], numbers=numbers
    )


def _project_of(line: Line, named: Named) -> UUID | None:
    """Give the one project that a row names in up to three ways, or find why there is none."""
    said = {name: line.values[name] for name in _NAMING if line.values[name]}
    found = {name: named.get((name, value), frozenset()) for name, value in said.items()}
    for name in said:
        if not found[name]:
            line.find(name, *_UNKNOWN[name])
    if not said:
        line.find("project", "project_missing", *_MISSING)
    if not said or not all(found.values()):
        return None
    rest = found[next(iter(said))]
    for name in said:
        rest &= found[name]
        if not rest:
            line.find(name, "names_another_project", *_DIFFERS)
            return None
    if len(rest) > 1:
        line.find(name, "several_projects", *_SEVERAL)
        return None
    return next(iter(rest))


async def _find_nothing_owed(session: Session, fresh: Sequence[tuple[Line, Told]]) -> None:
    """Find payments that name no period, for projects that are owed nothing."""
    open_ = {one.project_id for _, one in fresh if one.period is None}
    owed = {row.project_id for row in await queries.payments.owed_of(session, open_)}
    for line, one in fresh:
        if one.period is None and one.project_id not in owed:
            line.find("period", "period_missing", *_NO_PERIOD)


def _refused(found: Sequence[Finding], row: PaymentList) -> PaymentListRefused:
    return PaymentListRefused(
        errors=found, payment_list_id=str(row.id), rows=row.rows, accepted=row.accepted,
        rejected=row.rejected,
    )  # fmt: skip


PAYMENTS = Importing(PaymentList, _enter, _refused)

_TOO_MANY = Finding(
    "file",
    "too_many",
    Text(f"一次最多 {MOST} 笔", f"At most {MOST} payments at once"),
    Text("请按月份分成几个文件", "Split the file by month"),
)
_CHECK_PROJECT = Text(
    "请核对；尚未登记的项目请先登记", "Check it; a project has to be registered first"
)
_UNKNOWN = {
    "project": (
        "project_unknown",
        Text("本行政区划内没有此编码的项目", "No project of the area has this code"),
        _CHECK_PROJECT,
    ),
    "project_name": (
        "project_unknown",
        Text("本行政区划内没有此名称的项目", "No project of the area has this name"),
        _CHECK_PROJECT,
    ),
    "account_no": (
        "account_unknown",
        Text("不是本行政区划内已登记的专户", "No registered wage account of the area"),
        Text(
            "人工费应拨入专户；请核对账号，未登记的专户请先登记",
            "Labour cost goes to a wage account: check the number, or have the account registered",
        ),
    ),
}
_MISSING = (
    Text("没有写明项目", "No project is named"),
    Text("填写项目编码、项目名称或收款人账号", "Give the project's code or name, or the account"),
)
_DIFFERS = (
    Text("与同一行写明的项目不是同一个", "This is another project than the row names elsewhere"),
    Text("核对项目编码、名称和收款人账号", "Check the project's code, its name and the account"),
)
_SEVERAL = (
    Text("有几个项目与此相符", "Several projects fit this"),
    Text("填写项目编码", "Give the project's code"),
)
_NO_PERIOD = (
    Text("未写明月份，且该项目没有应拨款项", "No month is named, and the project is owed nothing"),
    Text("填写所属月份", "Give the month for which it was sent"),
)
