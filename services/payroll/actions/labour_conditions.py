"""What holds of projects' people and pay: attendance, rosters and standing payroll sheets."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.queries.labour import ProjectMonth
from services.payroll.queries.policies import Ruling
from services.payroll.rules.conditions import Found, ProjectFacts
from services.payroll.rules.labour_conditions import PayMonth, Payroll, Site
from services.payroll.rules.policies import PolicyKind
from services.payroll.rules.sheet_checks import Check
from shared.db import Session
from shared.workdays import months_after

_PAST = 24
"""Months of which payroll is read: the longest window that a row may ask for, and its year."""
_SHEET_POLICIES = (
    PolicyKind.IMPLAUSIBLE_PAY, PolicyKind.MINIMUM_WAGE, PolicyKind.SHEET_CHECKS,
)  # fmt: skip
_Areas = Mapping[str, Sequence[UUID]]


async def of_sites(
    session: Session, project_ids: Collection[UUID], today: date
) -> Mapping[UUID, Sequence[Found]]:
    """Give what holds of who is on some projects' sites, by project."""
    projects, areas = await _projects(session, project_ids, today)
    days: dict[UUID, int] = {}
    for code, mine in areas.items():
        row = await queries.policies.policy_in_force(session, PolicyKind.SITE_WATCH, code, today)
        days |= dict.fromkeys(mine, row.values["days"])
    on_site = await queries.labour.on_site(session, days, today)
    last = await queries.labour.last_seen(session, [*projects])
    silent = await queries.attended.unheard_since(session, [*projects])
    return {
        project_id: rules.labour_conditions.of_site(
            facts, Site(on_site.get(project_id), last.get(project_id), project_id in silent), today
        )
        for project_id, facts in projects.items()
    }


async def changed(session: Session, project_ids: Collection[UUID], today: date) -> Collection[UUID]:
    """Give the projects of which what `of_sheets` rests on is not as it was when last asked."""
    return await queries.labour.changed(session, project_ids, _since(today), _SHEET_POLICIES, today)


async def of_sheets(
    session: Session, project_ids: Collection[UUID], today: date
) -> Mapping[UUID, Sequence[Found]]:
    """Give what holds of some projects' standing payroll sheets, by project."""
    projects, areas = await _projects(session, project_ids, today)
    since = _since(today)
    submitted = await queries.labour.submitted(session, [*projects], since)
    paid = await queries.labour.paid(session, [*projects], since) if submitted else {}
    by_project: dict[UUID, list[tuple[ProjectMonth, date]]] = {}
    for key, first in sorted(submitted.items(), key=lambda one: one[0][1]):
        by_project.setdefault(key[0], []).append((key, first))
    found = {}
    for code, mine in areas.items():
        row = await queries.policies.policy_in_force(
            session, PolicyKind.IMPLAUSIBLE_PAY, code, today
        )
        signs = await _signs(session, mine, since, row) if submitted else {}
        minimum, full_days = await _minimum(session, code, {one for _, one in submitted}, today)
        for project_id in mine:
            months = [
                PayMonth(key[1], first, paid.get(key, ()), frozenset(signs.get(key, ())))
                for key, first in by_project.get(project_id, ())
            ]
            there = _with_holders(months, signs.get((project_id, ""), ()))
            payroll = Payroll(there, minimum, full_days, row.values["months"])
            found[project_id] = rules.labour_conditions.of_sheets(projects[project_id], payroll)
    return found


async def _projects(
    session: Session, project_ids: Collection[UUID], today: date
) -> tuple[Mapping[UUID, ProjectFacts], _Areas]:
    """Give what is known of some projects, and the projects of each area."""
    projects = await queries.conditions.project_facts(session, project_ids, today)
    areas: dict[str, list[UUID]] = {}
    for project_id in sorted(projects):
        areas.setdefault(projects[project_id].area_code, []).append(project_id)
    return projects, areas


def _since(today: date) -> str:
    return f"{months_after(today.replace(day=1), -_PAST):%Y-%m}"


def _with_holders(months: list[PayMonth], signs: Collection[str]) -> Sequence[PayMonth]:
    """Let what is so of cards now be a sign of the last month."""
    if months and signs:
        last = months[-1]
        months[-1] = PayMonth(last.period, last.submitted_on, last.paid, last.signs | set(signs))
    return months


async def _signs(
    session: Session, project_ids: Collection[UUID], since: str, row: Ruling
) -> Mapping[ProjectMonth, Collection[str]]:
    """Give what makes months of projects implausible; of cards as they are now the month is ''."""
    said = row.values
    much = await queries.labour.paid_much(
        session, project_ids, since,
        month=Decimal(said["per_month"]), year=Decimal(said["per_year"]),
    )  # fmt: skip
    cards = await queries.labour.many_cards(session, project_ids, since, said["cards"])
    holders = await queries.labour.held_for_others(session, project_ids, said["cards"])
    same = await queries.labour.same_amounts(
        session, project_ids, since,
        workers=said["same_workers"], share=Decimal(said["same_share"]),
    )  # fmt: skip
    found: dict[ProjectMonth, set[str]] = {}
    for key, sign in (
        *much,
        *((key, "cards_of_one_holder") for key in cards),
        *(((project_id, ""), "cards_of_one_holder") for project_id in holders),
        *((key, "same_amounts") for key in same),
    ):
        found.setdefault(key, set()).add(sign)
    return found


async def _minimum(
    session: Session, area_code: str, periods: Collection[str], today: date
) -> tuple[Mapping[str, Decimal], Decimal]:
    """Give an area's minimum wage by month, where it has a row, and the days of a full month."""
    if not periods:
        return {}, Decimal(0)
    wages = await queries.policies.policies_of(session, PolicyKind.MINIMUM_WAGE, area_code)
    in_force = {
        period: rules.policies.in_force(*wages, rules.periods.first_day(period))
        for period in periods
    }
    checks = await queries.policies.policy_in_force(
        session, PolicyKind.SHEET_CHECKS, area_code, today
    )
    full = checks.values.get(Check.BELOW_MINIMUM, {}).get("full_days", 0)
    known = {period: Decimal(row.values["monthly"]) for period, row in in_force.items() if row}
    return known, Decimal(str(full))
