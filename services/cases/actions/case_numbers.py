"""The number of an arrears case: its office's next one of the year, with no gap and no twin."""

from datetime import datetime

from services.cases import queries
from services.cases.models import ArrearsCase, CaseNumber
from services.cases.rules import orders as order_rules
from shared import clock, known
from shared.db import Session


async def locked_numbers(session: Session, area_code: str, at: datetime) -> CaseNumber:
    """Give the numbers of an area's office; whoever else opens a case of it waits."""
    office = order_rules.office_of(await known.lineage(session, area_code))
    return await queries.arrears.locked_case_number(session, office, clock.day_of(at).year)


async def give_number(
    session: Session, case: ArrearsCase, numbers: CaseNumber, at: datetime
) -> None:
    """Give a case its number, written as its area's terms say."""
    terms = await queries.arrears.case_terms(session, case.area_code, at)
    case.office, case.year, case.sequence = numbers.office, numbers.year, numbers.take()
    case.number = order_rules.number(terms.prefix, numbers.year, case.sequence)
