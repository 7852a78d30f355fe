"""Who owes feeds is entered, with the days that are owed so far."""

from datetime import date, timedelta

from services.payroll import queries
from services.payroll.actions import feeds
from services.payroll.errors import SourceCodeTaken, SourceRefused
from services.payroll.models import Source
from services.payroll.schemas.sources import SourceIn
from shared import clock
from shared.areas import Scope
from shared.db import Session, same_id
from shared.problems import Finding
from shared.wording import Text

# A source may be entered after its first day, but not so late that its gap hides a year.
_MOST_DAYS_BACK = 366


async def register_source(session: Session, scope: Scope, body: SourceIn, today: date) -> Source:
    """Enter a source; the same again gives the first, another one of its code is refused."""
    known = await queries.sources.locked_find_source(session, body.code)
    same = known and body == SourceIn.model_validate(known, from_attributes=True)
    # Whoever may enter nothing in that area is not told either that it is there.
    if known and same and await queries.sources.in_areas(session, body.area_code, scope):
        return known
    if findings := await _findings(session, scope, body, today):
        raise SourceRefused(errors=findings)
    if known:
        raise SourceCodeTaken
    before = body.from_day - timedelta(days=1)
    source = Source(
        # Entered again after a restore it is the source that others know, and so are its days.
        id=same_id(clock.at(body.from_day), "source", body.code),
        expected_until=before,
        fed_until=before,
        **body.model_dump(),
    )
    session.add(source)
    await feeds.expect_days(session, source, today)
    return source


async def _findings(session: Session, scope: Scope, body: SourceIn, today: date) -> list[Finding]:
    found = []
    bank = await queries.projects.find_organisation(session, body.bank_id)
    if bank is None or "bank" not in bank.roles:
        found.append(
            Finding(
                "bank_id",
                "bank_unknown",
                Text("没有该银行，或其登记消息尚未到达", "No such bank, or its news is under way"),
                Text("先登记该机构并赋予 bank 角色，稍后重试", "Register it as a bank; try again"),
            )
        )
    if not await queries.sources.in_areas(session, body.area_code, scope):
        found.append(
            Finding(
                "area_code",
                "area_outside",
                Text("行政区划不在您的管辖范围内", "The area is unknown or outside yours"),
            )
        )
    if body.from_day < today - timedelta(days=_MOST_DAYS_BACK):
        found.append(
            Finding(
                "from_day",
                "from_day_too_early",
                Text("起始日期不得早于一年前", "The first day lies more than a year back"),
                Text("从数据实际开始报送之日起填写", "Begin with the first day that will be sent"),
            )
        )
    return found
