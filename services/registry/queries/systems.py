"""Whether the systems that are asked for are in place at a project."""

from sqlalchemy import ColumnElement, exists

from services.registry.models import Project, Requirement
from services.registry.rules.requirements import RequirementStatus, Systems

_LACKING = (RequirementStatus.NOT_DONE, RequirementStatus.OVERDUE)


def in_place(how_many: Systems) -> ColumnElement[bool]:
    """Say whether none, some or all of the systems asked for are in place at a project.

    What is exempted or not required is not asked for.
    """
    of_it = exists().where(Requirement.project_id == Project.id)
    done = of_it.where(Requirement.status == RequirementStatus.DONE)
    lacking = of_it.where(Requirement.status.in_(_LACKING))
    if how_many is Systems.NONE:
        return lacking & ~done
    return done & (lacking if how_many is Systems.SOME else ~lacking)
