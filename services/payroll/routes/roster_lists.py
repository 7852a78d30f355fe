"""Rosters in files over HTTP: a template to fill in, a trial, and the import."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Form, Response

from services.payroll import actions, queries
from services.payroll.actions.roster_lists import SentRoster
from services.payroll.adapters import roster_list as form
from services.payroll.errors import (
    ProjectUnknown,
    RosterListRefused,
    RosterListUnknown,
    RosterRefused,
)
from services.payroll.models import RosterList
from services.payroll.routes.router import router
from services.payroll.schemas.roster_lists import RosterListOut, RosterListWithFindingsOut
from shared import clock, list_files, paging, uploads
from shared.auth import Who, may
from shared.db import Transaction
from shared.files import Kept
from shared.paging import Found, Page
from shared.problems import raises
from shared.tables.forms import Filled

Uploaded = Annotated[tuple[Kept, Filled], Depends(list_files.reading(form.ROSTER))]


@router.get(
    "/v1/projects/{project_id}/roster-lists/template",
    dependencies=[may("payroll:write_roster")],
    response_class=Response,
    responses={**list_files.XLSX, **raises(ProjectUnknown)},
    summary="A template of a project's roster to fill in",
)
async def roster_template(session: Transaction, caller: Who, project_id: UUID) -> Response:
    crews = await queries.roster_lists.crew_names(session, project_id, caller.scope)
    return await list_files.template(partial(form.template, crews), "roster")


@router.post(
    "/v1/projects/{project_id}/roster-lists",
    dependencies=[may("payroll:write_roster")],
    response_model=RosterListWithFindingsOut,
    responses=raises(ProjectUnknown, RosterRefused, RosterListRefused, uploads.BodyTooLarge),
    summary="Try or enter a roster from a file: xlsx, xls, csv",
)
async def import_roster(
    uploaded: Uploaded,
    session: Transaction,
    caller: Who,
    project_id: UUID,
    *,
    employer_id: Annotated[UUID | None, Form()] = None,
    dry_run: Annotated[bool, Form()] = False,
) -> RosterList:
    """Enter all rows or none; `dry_run` says what would become of them. The file is kept."""
    sent = SentRoster(employer_id, *uploaded)
    return await actions.roster_lists.import_roster(
        session, caller, project_id, sent, clock.now(), dry_run=dry_run
    )


@router.get(
    "/v1/projects/{project_id}/roster-lists",
    dependencies=[may("payroll:write_roster")],
    response_model=Page[RosterListOut],
    responses=raises(ProjectUnknown, paging.CursorUnreadable),
    summary="Files of a project's roster that came to be imported, newest first",
)
async def roster_lists(
    session: Transaction,
    caller: Who,
    project_id: UUID,
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[RosterList]:
    return await queries.roster_lists.roster_lists(
        session, project_id, caller.scope, cursor=cursor, limit=limit
    )


@router.get(
    "/v1/projects/{project_id}/roster-lists/{roster_list_id}",
    dependencies=[may("payroll:write_roster")],
    response_model=RosterListWithFindingsOut,
    responses=raises(RosterListUnknown),
    summary="One file of a roster, with all findings at their cells",
)
async def roster_list(
    session: Transaction, caller: Who, project_id: UUID, roster_list_id: UUID
) -> RosterList:
    return await queries.roster_lists.roster_list(session, project_id, roster_list_id, caller.scope)
