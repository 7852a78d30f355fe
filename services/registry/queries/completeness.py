"""Known projects of a half-year that should be reported: one select, for list and summary alike."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Date,
    Numeric,
    Select,
    String,
    Subquery,
    TableValuedAlias,
    Text,
    and_,
    bindparam,
    case,
    cast,
    column,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import TypeEngine

from services.registry import rules
from services.registry.models import (
    Organisation,
    Project,
    ProjectReport,
    ReportingGap,
    Sighting,
)
from services.registry.queries import duties, projects
from services.registry.rules.completeness import Completeness, Grouping, Standing, Tally
from services.registry.rules.projects import ProjectStatus
from services.registry.rules.reporting import Half
from services.registry.rules.sightings import SightingState
from services.registry.schemas.reporting import ReportingFilter, ReportingListFilter
from shared import clock, known, paging
from shared.areas import Scope
from shared.db import Session
from shared.known import KnownArea

# An area, a kind of works, and the amount above which it must be reported; None: at any.
Asked = tuple[str, str, Decimal | None]


async def known_projects(
    session: Session,
    scope: Scope,
    wanted: ReportingListFilter,
    *,
    today: date,
    cursor: str | None,
    limit: int,
) -> paging.Found[Any]:
    """Give a page of known projects, each with how its report stands."""
    found = await _known(session, scope, wanted, today)
    statement = select(found)
    if wanted.standing:
        statement = statement.where(found.c.standing.in_(wanted.standing))
    return await paging.page(session, statement, by=(found.c.id,), cursor=cursor, limit=limit)


async def reporting_summary(
    session: Session, scope: Scope, wanted: ReportingFilter, by: Grouping, *, today: date
) -> Completeness:
    """Give how many known projects are reported, and in full, by group."""
    found = await _known(session, scope, wanted, today)
    group, name = _group(found, by)
    counted = await session.execute(
        select(
            group,
            name,
            func.count(),
            func.count(found.c.reported_on),
            func.count().filter(found.c.standing == Standing.COMPLETE.value),
        ).group_by(group, name)
    )
    tallies = [Tally(str(row[0] or ""), *row[1:]) for row in counted]
    undecided = await session.scalar(_undecided(scope, wanted))
    return rules.completeness.completeness(wanted.half_year, by, tallies, undecided or 0)


def _group(found: Subquery, by: Grouping) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    if by is Grouping.DEVELOPER:
        return cast(found.c.developer_id, String), found.c.developer_name
    if by is Grouping.WORKS_KIND:
        return found.c.works_kind, found.c.works_kind
    name = select(KnownArea.name).where(KnownArea.code == found.c.area_code).scalar_subquery()
    return found.c.area_code, func.coalesce(name, found.c.area_code)


def _undecided(scope: Scope, wanted: ReportingFilter) -> Select[int]:
    statement = select(func.count(Sighting.id)).where(
        known.in_scope(Sighting.area_code, scope, Sighting.developer_id, Sighting.unit_id),
        Sighting.state == SightingState.PROPOSED,
        Sighting.seen_on <= Half.read(wanted.half_year).last,
    )
    return _narrowed(statement, wanted, Sighting)


_S = TypeVar("_S", bound=Select[*tuple[Any, ...]])
_Model = type[Project] | type[Sighting] | type[ReportingGap]


def _narrowed(statement: _S, wanted: ReportingFilter, model: _Model) -> _S:
    for name in ("developer_id", "works_kind"):
        value = getattr(wanted, name)
        if value is not None:
            statement = statement.where(getattr(model, name) == value)
    if wanted.area_code:
        inside = known.in_scope(model.area_code, Scope(frozenset({wanted.area_code})))
        statement = statement.where(inside)
    return statement


async def _known(session: Session, scope: Scope, wanted: ReportingFilter, today: date) -> Subquery:
    half = Half.read(wanted.half_year)
    until = min(half.last, today)
    asked = await _asked(session, scope, wanted, until)
    both = union_all(
        _registered(scope, wanted, half, until, asked), _unregistered(scope, wanted, half, until)
    ).subquery("known")
    standing = case(
        (both.c.complete_on <= half.last, Standing.COMPLETE.value),
        (both.c.reported_on.is_not(None), Standing.INCOMPLETE.value),
        (both.c.registered, Standing.UNREPORTED.value),
        else_=Standing.UNREGISTERED.value,
    )
    return select(both, standing.label("standing")).subquery("standing_of")


async def _asked(
    session: Session, scope: Scope, wanted: ReportingFilter, on: date
) -> Sequence[Asked]:
    """Give for each area and kind that occurs what its duty says; none where there is no duty."""
    pairs = _narrowed(
        select(Project.area_code, Project.works_kind).where(projects.visible(scope)).distinct(),
        wanted,
        Project,
    )
    occurring = [(row[0], row[1]) for row in await session.execute(pairs)]
    rows, lineages = await duties.duties_of(session, {code for code, _ in occurring})
    found = []
    for code, kind in occurring:
        duty = rules.reporting.duty_in_force(rows, lineages[code], kind, on)
        if duty:
            found.append((code, kind.value, duty.above))
    return found


def _registered(
    scope: Scope, wanted: ReportingFilter, half: Half, until: date, asked: Sequence[Asked]
) -> Select[Any]:
    """Select registered projects that were due in the half-year, with their report of it."""
    duty = _duty(asked)
    statement: Any = (
        select(
            Project.id,
            literal(value=True).label("registered"),
            Project.code,
            Project.name,
            Project.area_code,
            cast(Project.works_kind, Text).label("works_kind"),
            Project.developer_id,
            Organisation.name.label("developer_name"),
            ProjectReport.reported_on,
            ProjectReport.complete_on,
            func.coalesce(ProjectReport.missing, cast(literal("[]"), JSONB)).label("missing"),
        )
        .join(
            duty,
            and_(
                duty.c.area_code == Project.area_code,
                duty.c.works_kind == cast(Project.works_kind, Text),
            ),
        )
        .join(Organisation, Organisation.id == Project.developer_id)
        .outerjoin(
            ProjectReport,
            and_(
                ProjectReport.project_id == Project.id,
                ProjectReport.half_year == wanted.half_year,
            ),
        )
        .where(projects.visible(scope), *_due(duty, until))
    )
    return _narrowed(statement, wanted, Project)


def _duty(asked: Sequence[Asked]) -> TableValuedAlias:
    """Give what duties ask for as a table: arrays, however many rows there are."""
    columns = zip(*asked, strict=True) if asked else ((), (), ())
    kinds: tuple[TypeEngine[Any], ...] = (Text(), Text(), Numeric())
    arrays = [
        bindparam(None, list(said), ARRAY(kind)) for said, kind in zip(columns, kinds, strict=True)
    ]
    names = ("area_code", "works_kind", "above")
    shape = [column(name, kind) for name, kind in zip(names, kinds, strict=True)]
    return func.unnest(*arrays).table_valued(*shape, name="asked").render_derived()


def _due(duty: TableValuedAlias, until: date) -> Iterator[ColumnElement[bool]]:
    """Say which projects were due by a day: by what they are, or by a gap that others found."""
    yield Project.registered_at < clock.day_end(until)
    # Whoever leaves out what makes it due is not rid of a gap.
    gap = exists().where(
        ReportingGap.project_id == Project.id,
        ReportingGap.since <= until,
        or_(ReportingGap.ended_on.is_(None), ReportingGap.ended_on > until),
    )
    enough = or_(duty.c.above.is_(None), Project.investment_amount > duty.c.above)
    yield or_(and_(Project.started_on <= until, enough), gap)
    there = Project.status.in_((ProjectStatus.IN_PROGRESS, ProjectStatus.STOPPED))
    yield or_(there, ProjectReport.id.is_not(None))


def _unregistered(scope: Scope, wanted: ReportingFilter, half: Half, until: date) -> Select[Any]:
    """Select what only others knew of in the half-year, and should have been reported."""
    statement: Any = (
        select(
            Sighting.id,
            literal(value=False),
            Sighting.code,
            ReportingGap.name,
            ReportingGap.area_code,
            cast(ReportingGap.works_kind, Text),
            ReportingGap.developer_id,
            Sighting.developer_name,
            cast(null(), Date),
            cast(null(), Date),
            ReportingGap.missing,
        )
        .join(Sighting, Sighting.id == ReportingGap.sighting_id)
        .outerjoin(Project, Project.id == ReportingGap.project_id)
        .where(
            known.in_scope(
                ReportingGap.area_code, scope, ReportingGap.developer_id, ReportingGap.unit_id
            ),
            ReportingGap.since <= until,
            or_(ReportingGap.ended_on.is_(None), ReportingGap.ended_on > until),
            # Registered meanwhile, it is counted among those.
            or_(Project.id.is_(None), Project.registered_at >= clock.day_end(until)),
        )
    )
    return _narrowed(statement, wanted, ReportingGap)
