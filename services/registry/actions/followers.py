"""What follows a project that other callers see from now on, and who takes part in it.

A sync goes by what changed. A row that is seen by its project did not change when that went to
another area or another party: it has to be told all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.registry import queries
from services.registry.models import Project
from shared import moves
from shared.db import Session


@dataclass(frozen=True, slots=True)
class Sight:
    """By what callers see a project: where it lies, and who takes part in it."""

    area_code: str
    parties: tuple[UUID | None, ...]

    def beside(self, other: "Sight") -> set[UUID]:
        """Give who takes part here and not there."""
        known = set(other.parties) if other.area_code == self.area_code else set()
        return {each for each in self.parties if each and each not in known}


def sight(project: Project) -> Sight:
    """Give by what callers see a project now."""
    parties = (project.developer_id, project.contractor_id, project.sector_authority_id)
    return Sight(project.area_code, parties)


async def follow(session: Session, project: Project, was: Sight) -> None:
    """Tell syncs of the rows and parties of a locked project whose sight is another one."""
    now = sight(project)
    if now == was:
        return
    left = was.area_code if was.area_code != now.area_code else None
    for rows in await queries.followers.locked_followers(session, project.id):
        await moves.follow(session, rows, left)
    alone = queries.followers.parties_alone
    come = await alone(session, now.area_code, now.beside(was), [project.id])
    gone = await alone(session, was.area_code, was.beside(now), [project.id])
    parties = await queries.followers.locked_organisations(session, come | gone)
    await moves.follow(session, [row for row in parties if row.id in come])
    moves.leave(session, [row for row in parties if row.id in gone], was.area_code)


async def follow_new(session: Session, projects: Sequence[Project]) -> None:
    """Tell syncs of organisations that take part in an area's projects for the first time."""
    come: set[UUID] = set()
    for area_code in sorted({project.area_code for project in projects}):
        here = [project for project in projects if project.area_code == area_code]
        named = {party for project in here for party in sight(project).parties if party}
        ids = [project.id for project in here]
        come |= await queries.followers.parties_alone(session, area_code, named, ids)
    if come:
        rows = await queries.followers.locked_organisations(session, come)
        await moves.follow(session, rows)
