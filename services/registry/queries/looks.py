"""Which projects a nightly look at their required systems may find otherwise than they stand.

Whoever changes what a project has or lacks looks at it at once. What is left is what a day brings
by itself, what is entered without a look, and what holds for many projects. All but what was just
changed is read from how the rows stand, so that nothing depends on when the last look was.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    ScalarSelect,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
)

from services.registry.models import (
    BankStatement,
    DepositUse,
    Project,
    Requirement,
    RequirementList,
    Security,
    ToldCondition,
)
from services.registry.rules.bank_statements import StatementState
from services.registry.rules.deposits import SecurityPurpose, SecurityState, UseState
from services.registry.rules.projects import ProjectStatus
from services.registry.rules.requirements import ConditionKind, RequirementStatus
from shared.known import KnownArea, KnownCalendar

_TODAY = bindparam("today", type_=Date())
# What was changed yesterday was looked at last night at the earliest; half a day more is for what
# took long to be written.
_RECENT = bindparam("midnight", type_=DateTime(timezone=True)) - timedelta(days=1.5)

_OPEN = or_(
    Requirement.status == RequirementStatus.NOT_DONE,
    Requirement.status == RequirementStatus.OVERDUE,
)
_TOLD = exists().where(ToldCondition.project_id == Project.id, ToldCondition.ended_at.is_(None))
_HELD = and_(Security.project_id == Project.id, Security.state == SecurityState.ACTIVE)
_DEPOSIT = and_(_HELD, Security.purpose == SecurityPurpose.DEPOSIT)


def _untold(kind: object, subject: object) -> ColumnElement[bool]:
    """Say that nobody was told of a condition, or that it ended."""
    return ~exists().where(
        ToldCondition.kind == kind,
        ToldCondition.subject_id == subject,
        ToldCondition.ended_at.is_(None),
    )


def _list_in_force() -> ScalarSelect[UUID]:
    """Give the list that a project's requirements follow today, as `rules.in_force` finds it."""
    place = func.strpos(KnownArea.path, func.concat("/", RequirementList.area_code, "/"))
    return (
        select(RequirementList.id)
        .join(KnownArea, place > 0)
        .where(KnownArea.code == Project.area_code, RequirementList.valid_from <= _TODAY)
        .order_by(place.desc(), RequirementList.valid_from.desc(), RequirementList.version.desc())
        .limit(1)
        .correlate(Project)
        .scalar_subquery()
    )


def _other_list() -> ColumnElement[bool]:
    """Say that a project does not follow the list that is in force where it lies."""
    followed = select(Requirement.list_id).where(
        Requirement.project_id == Project.id, Requirement.listed
    )
    one = followed.limit(1).correlate(Project).scalar_subquery()
    return one.is_distinct_from(_list_in_force())


def _other_days() -> ColumnElement[bool]:
    """Say that working days were published, or that a project's area was told of otherwise."""
    published = exists().where(KnownCalendar.told_at >= _RECENT)
    moved = exists().where(KnownArea.code == Project.area_code, KnownArea.told_at >= _RECENT)
    return or_(published, moved)


def _other_status() -> ColumnElement[bool]:
    """Say that a limit, an evidence or an exemption of a project is over."""
    over = or_(
        and_(Requirement.status == RequirementStatus.NOT_DONE, Requirement.due_on < _TODAY),
        and_(Requirement.status == RequirementStatus.DONE, Requirement.valid_until < _TODAY),
        and_(Requirement.status == RequirementStatus.EXEMPT, Requirement.exempt_until < _TODAY),
        and_(
            Requirement.valid_until < _TODAY,
            Requirement.lapsed_on.is_distinct_from(Requirement.valid_until),
        ),
    )
    return exists().where(Requirement.project_id == Project.id, over)


def _lacks() -> ColumnElement[bool]:
    """Say that a system is lacking, or all of them, and that it was not told."""
    theirs = select(Requirement.id).where(Requirement.project_id == Project.id)
    one = theirs.where(
        _OPEN,
        Requirement.triggered_on <= _TODAY,
        Requirement.condition.is_not(None),
        _untold(Requirement.condition, Requirement.id),
    )
    none = and_(
        Project.status == ProjectStatus.IN_PROGRESS,
        func.coalesce(Project.started_on, Project.supervised_since) <= _TODAY,
        theirs.where(_OPEN).exists(),
        ~theirs.where(Requirement.status == RequirementStatus.DONE).exists(),
        _untold(ConditionKind.NO_SYSTEMS, Project.id),
    )
    return or_(one.exists(), none)


def _deposits_lack() -> ColumnElement[bool]:
    """Say that something may be wrong with a project's deposits that was not told."""
    ends = exists().where(
        _DEPOSIT,
        Security.valid_until.is_not(None),
        _untold(ConditionKind.GUARANTEE_EXPIRING, Security.id),
    )
    used = exists().where(
        DepositUse.project_id == Project.id,
        DepositUse.state == UseState.PAID,
        _untold(ConditionKind.DEPOSIT_NOT_REPLENISHED, DepositUse.id),
    )
    unstated = exists().where(
        BankStatement.project_id == Project.id,
        BankStatement.state == StatementState.OWED,
        BankStatement.due_on < _TODAY,
        _untold(ConditionKind.DEPOSIT_STATEMENT_MISSING, BankStatement.id),
    )
    return or_(ends, used, unstated)


def _told_otherwise() -> ColumnElement[bool]:
    """Say that a guarantee's end tells now of what its lack told of before."""
    lacking = exists().where(
        ToldCondition.project_id == Project.id,
        ToldCondition.kind == ConditionKind.DEPOSIT_MISSING,
        ToldCondition.ended_at.is_(None),
    )
    return and_(lacking, exists().where(_DEPOSIT, Security.valid_until < _TODAY))


MAY_DIFFER = or_(
    and_(Project.status == ProjectStatus.COMPLETE, _TOLD),
    and_(
        Project.status != ProjectStatus.COMPLETE,
        or_(
            Project.changed_at >= _RECENT,
            _other_days(),
            _other_status(),
            _other_list(),
            and_(
                Project.supervised_since <= _TODAY,
                or_(_lacks(), _deposits_lack(), _told_otherwise()),
            ),
        ),
    ),
)
"""Whether a look at a project may find something `today`, which begins at `midnight`."""

LOOK_WAITS = exists().where(MAY_DIFFER)
"""Whether a look at any project may find something."""
