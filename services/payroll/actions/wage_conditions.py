"""What is wrong with wages of months that were looked at, and with those of who left."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.actions import conditions
from services.payroll.models import Condition, Payday, PayMonth, Project
from services.payroll.queries.pay_lines import Left
from services.payroll.rules.conditions import WAGES, ConditionKind, Ended, Found
from shared import clock
from shared.db import Session, same_id

_NO_LONGER = "not_supervised"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Months as they were worked out just now, with what each employer owes of them."""

    projects: Mapping[UUID, Project]
    months: Sequence[PayMonth]
    paydays: Sequence[Payday]
    sheets: Mapping[UUID, Sequence[UUID]]
    """The sheets that stand, by payday."""
    today: date

    def of(self, month: PayMonth) -> Iterator[Payday]:
        """Give what is owed of a month."""
        return (row for row in self.paydays if row.month_id == month.id and row.workers)


async def tell(session: Session, reviewed: Reviewed, now: datetime) -> None:
    """Tell of what is wrong with the months, and of what is so no longer."""
    ids = sorted(reviewed.projects)
    told = await queries.conditions.locked_open_conditions(session, ids, WAGES)
    left = await queries.pay_lines.left(session, ids)
    # Whether they are settled is a great question, asked only where anybody went.
    where = sorted({one.project_id for one in left if one.left_on < reviewed.today})
    unsettled = await queries.pay_lines.leavers(session, where, reviewed.today) if where else []
    held: dict[UUID, list[Found]] = {project_id: [] for project_id in ids}
    for one in (*_of_months(reviewed), *_of_leavers(reviewed, unsettled)):
        project_id, found = one
        if _supervised(reviewed.projects[project_id]):
            held[project_id].append(found)
    gone = {_leaving(one) for one in left}
    months = {row.id: row for row in reviewed.months}
    paydays = {row.id: row for row in reviewed.paydays}

    def ended(row: Condition, project: Project) -> Ended:
        if not _supervised(project):
            return Ended(_NO_LONGER)
        if row.kind == ConditionKind.LEAVER_NOT_SETTLED:
            return Ended("leaver_settled" if row.subject_id in gone else "not_left")
        if row.kind == ConditionKind.PAID_SHARE_LOW:
            return _risen(months[row.subject_id])
        payday = paydays[row.subject_id]
        reason = rules.paydays.ended(ConditionKind(row.kind), payday.owed)
        sheets = ",".join(sorted(f"{one}" for one in reviewed.sheets.get(payday.id, ())))
        return Ended(reason, {"sheet_ids": sheets} if sheets else {})

    mine = [
        row
        for row in told
        if row.kind == ConditionKind.LEAVER_NOT_SETTLED
        or row.subject_id in months
        or row.subject_id in paydays
    ]
    await conditions.tell(session, mine, held, ended, now)


def _supervised(project: Project) -> bool:
    return project.card.get("supervised_since") is not None


def _of_months(reviewed: Reviewed) -> Iterator[tuple[UUID, Found]]:
    for row in reviewed.paydays:
        contractor_id = reviewed.projects[row.project_id].contractor_id
        found = rules.paydays.found(row.owed, contractor_id, reviewed.today)
        if found is not None:
            yield row.project_id, found
    for month in reviewed.months:
        owed = list(reviewed.of(month))
        share = rules.paydays.paid_share(month.attended, month.attended_paid)
        # Before every day is over, by the bank's data, nobody can say who is not paid.
        if owed and all(row.judged_on for row in owed) and share is not None and share < _WHOLE:
            project = reviewed.projects[month.project_id]
            yield (
                project.id,
                Found(
                    ConditionKind.PAID_SHARE_LOW,
                    month.id,
                    project.contractor_id or project.developer_id,
                    max(row.due_on for row in owed),
                    value=share,
                    period=month.period,
                ),
            )


_WHOLE = Decimal(100)


def _risen(month: PayMonth) -> Ended:
    paid = {"attended": f"{month.attended}", "paid": f"{month.attended_paid}"}
    whole = month.attended and month.attended_paid == month.attended
    return Ended("all_paid", paid) if whole else Ended("nobody_worked")


def _of_leavers(reviewed: Reviewed, unsettled: Sequence[Left]) -> Iterator[tuple[UUID, Found]]:
    """One of all who left an employer on a day: their days run together."""
    for one in unsettled:
        yield (
            one.project_id,
            Found(
                ConditionKind.LEAVER_NOT_SETTLED,
                _leaving(one),
                one.employer_id,
                one.left_on,
                period=f"{one.left_on}",
            ),
        )


def _leaving(one: Left) -> UUID:
    """Give the subject of who left an employer on a day."""
    return same_id(clock.at(one.left_on), one.project_id, one.employer_id, "left")
