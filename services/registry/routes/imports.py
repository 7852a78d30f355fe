"""Lists in files over HTTP: a template to fill in, a trial, and the import."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Depends, File, Form, Query, Response, UploadFile

from services.registry import actions, adapters, queries
from services.registry.actions.imports import Sent
from services.registry.errors import ImportRefused, ImportUnknown, RegistrationRefused
from services.registry.models import Import
from services.registry.routes.router import router
from services.registry.rules.imports import ImportKind
from services.registry.schemas.fields import AreaCode
from services.registry.schemas.imports import (
    ImportFilter,
    ImportOut,
    ImportWithFindingsOut,
)
from shared import clock, list_files, paging, uploads
from shared.auth import Who, may
from shared.db import Transaction
from shared.files import Kept, KeptFiles
from shared.paging import Page
from shared.problems import raises
from shared.tables.forms import Filled


async def _read(
    files: KeptFiles, file: Annotated[UploadFile, File()], kind: Annotated[ImportKind, Form()]
) -> tuple[Kept, Filled]:
    """Keep an uploaded file, and read it, before the transaction begins."""
    return await list_files.read(files, file, adapters.onboarding.FORMS[kind])


Uploaded = Annotated[tuple[Kept, Filled], Depends(_read)]


@router.get(
    "/v1/imports/template",
    dependencies=[may("registry:import")],
    response_class=Response,
    responses={**list_files.XLSX, **raises(RegistrationRefused)},
    summary="A template of a list to fill in, with the area's codes as drop-downs",
)
async def template(
    session: Transaction,
    who: Who,
    kind: Annotated[ImportKind, Query()],
    area_code: Annotated[AreaCode, Query()],
) -> Response:
    """Give an xlsx: one row for each project or person, long numbers as text."""
    choices = await actions.imports.template_choices(session, who.scope, area_code, clock.now())
    return await list_files.template(partial(adapters.onboarding.template, kind, choices), kind)


@router.post(
    "/v1/imports",
    dependencies=[may("registry:import")],
    response_model=ImportWithFindingsOut,
    responses=raises(ImportRefused, RegistrationRefused, uploads.BodyTooLarge),
    summary="Try or enter a list from a file: xlsx, xls, csv",
)
async def import_file(
    uploaded: Uploaded,
    session: Transaction,
    who: Who,
    kind: Annotated[ImportKind, Form()],
    area_code: Annotated[AreaCode, Form()],
    *,
    dry_run: Annotated[bool, Form()] = False,
) -> Import:
    """Enter all rows or none; `dry_run` says what would become of them. The file is kept."""
    sent = Sent(kind, area_code, *uploaded)
    return await actions.imports.import_file(session, who, sent, clock.now(), dry_run=dry_run)


@router.get(
    "/v1/imports",
    dependencies=[may("registry:import")],
    response_model=Page[ImportOut],
    responses=raises(paging.CursorUnreadable),
    summary="Files that came to be imported, newest first",
)
async def imports(
    session: Transaction,
    who: Who,
    wanted: Annotated[ImportFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> paging.Found[Import]:
    """Give files of the caller's areas, tried, refused and imported ones."""
    return await queries.imports.imports(session, who.scope, wanted, cursor=cursor, limit=limit)


@router.get(
    "/v1/imports/{import_id}",
    dependencies=[may("registry:import")],
    response_model=ImportWithFindingsOut,
    responses=raises(ImportUnknown),
    summary="One imported file, with all findings at their cells",
)
async def imported(session: Transaction, who: Who, import_id: UUID) -> Import:
    """Give what became of a file."""
    return await queries.imports.imported(session, import_id, who.scope)
