"""How a payroll sheet comes over HTTP: a file or JSON lines, read before the transaction begins."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile

from services.payroll import queries
from services.payroll.actions.sheet_columns import Mapped
from services.payroll.actions.sheets import SentSheet
from services.payroll.adapters import sheet_annotated, sheet_file, sheet_reading
from services.payroll.errors import MappingRefused, SheetUnreadable
from services.payroll.schemas.sheet_columns import ColumnsIn
from services.payroll.schemas.sheets import MOST_BYTES, SheetFormIn, SheetIn
from shared import tables, uploads
from shared.auth import Caller, Who
from shared.db import Glance, Glances
from shared.files import Files, Kept, KeptFiles, recognise
from shared.problems import Finding, Invalid, NotFound, findings
from shared.tables import words as tables_words
from shared.wording import Text

JSON, FORM = "application/json", "multipart/form-data"
_Said = TypeVar("_Said", bound=BaseModel)


async def _sent(
    request: Request, files: KeptFiles, glance: Glance, caller: Who
) -> AsyncIterator[SentSheet]:
    """Read what is sent by its media type."""
    if request.headers.get("content-type", "").startswith(FORM):
        # Closed when all is done: an Idempotency-Key asks for its parts once more.
        async with request.form() as form:
            yield await _file(form, files, glance, caller)
    else:
        yield await _lines(request)


async def _lines(request: Request) -> SentSheet:
    body = await request.body()
    try:
        said = SheetIn.model_validate_json(body)
    except ValidationError as error:
        raise Invalid(errors=findings(error.errors())) from error
    digest = hashlib.sha256(body).hexdigest()
    reading = said.read()
    return SentSheet(said.period, said.run, said.employer_id, digest, len(body), None, reading)


async def _file(form: FormData, files: Files, glance: Glances, caller: Caller) -> SentSheet:
    said, kept, content = await form_file(form, files, SheetFormIn)
    read = await read_file(content, sheet_reading.KIND, glance, caller)
    reading = await asyncio.to_thread(sheet_reading.of, read)
    return SentSheet(
        said.period, said.run, said.employer_id, kept.sha256, kept.size, kept.file_id, reading
    )


async def form_file(form: FormData, files: Files, model: type[_Said]) -> tuple[_Said, Kept, bytes]:
    """Keep a form's file before anything is made of it; give what is said beside it, too.

    Raises Invalid with all that is missing or wrong.
    """
    part = form.get("file")
    wrong: list[Finding] = []
    if not isinstance(part, UploadFile):
        wrong.append(Finding("file", "missing", Text("缺少该项", "This is required")))
    fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    try:
        said = model.model_validate(fields)
    except ValidationError as error:
        raise Invalid(errors=[*wrong, *findings(error.errors())]) from error
    if not isinstance(part, UploadFile):
        raise Invalid(errors=wrong)
    upload = await uploads.read_upload(part, limit=MOST_BYTES)
    kept = await files.keep(upload.content, kind=recognise(upload.content), name=upload.name)
    return said, kept, upload.content


async def read_file(
    content: bytes, kind: str, glance: Glances, caller: Caller
) -> sheet_file.SheetReading:
    """Read a file as its sender reads such headers."""
    read = await sheet_file.read_sheet(content, kind)
    if caller.org:
        async with glance() as session:
            known = await queries.sheet_columns.mappings(session, caller.org, kind)
        for header in sheet_reading.headers(read):
            if mapping := known.get(header.digest):
                given = sheet_reading.given(mapping.fields, header.digest)
                read = await sheet_file.read_sheet(content, kind, given)
                break
    return read


async def _mapped(
    sheet_id: UUID, body: ColumnsIn, files: KeptFiles, glance: Glance, caller: Who
) -> Mapped:
    """Read the kept file of a sheet anew, with its columns as somebody says."""
    async with glance() as session:
        file_id = await queries.sheet_columns.kept_file(session, sheet_id, caller.scope)
    _, content = await files.give(file_id)
    plain = await sheet_file.read_sheet(content, sheet_reading.KIND)
    header = next(
        (one for one in sheet_reading.headers(plain) if body.sheet in {None, one.sheet}), None
    )
    if header is None:
        raise MappingRefused(errors=[Finding("sheet", "header_missing", *_NO_HEADER)])
    given = sheet_reading.given(body.columns, header.digest)
    read = await sheet_file.read_sheet(content, sheet_reading.KIND, given)
    reading = await asyncio.to_thread(sheet_reading.of, read)
    return Mapped(sheet_reading.KIND, header.digest, body.columns, reading)


async def _annotated(sheet_id: UUID, files: KeptFiles, glance: Glance, caller: Who) -> bytes:
    """Read the kept file of a sheet, and write it anew with what its last check found."""
    async with glance() as session:
        owner = await queries.sheets.sheet_of_sender(session, sheet_id, caller.scope)
        found = await queries.sheets.all_findings(session, owner)
        await queries.retention.unblanked(session, owner.project_id)
    if owner.file_id is None:
        raise NotFound
    marks = [
        sheet_annotated.Mark(
            one.sheet, one.row, one.column, one.place, one.severity, one.detail["zh"],
            one.remedy["zh"] if one.remedy else "",
        )
        for one in found
    ]  # fmt: skip
    return await written_anew(files, owner.file_id, marks)


async def written_anew(files: Files, file_id: UUID, marks: Sequence[sheet_annotated.Mark]) -> bytes:
    """Give a kept file's rows with marks at its cells; raises FileLost, SheetUnreadable."""
    _, content = await files.give(file_id)
    book = await tables.read(content)
    if book.refusal:
        raise SheetUnreadable(errors=[tables_words.refused(book.refusal, limit="")])
    return await asyncio.to_thread(sheet_annotated.write, book, marks)


_NO_HEADER = (
    Text("文件中没有可识别的表头", "The file has no header that can be recognised"),
    Text("请使用模板，或补上姓名、身份证号、实发等列名", "Use the template, or title its columns"),
)
Sent = Annotated[SentSheet, Depends(_sent)]
Remapped = Annotated[Mapped, Depends(_mapped)]
Marked = Annotated[bytes, Depends(_annotated)]


def _schema() -> dict[str, Any]:
    """Give the form of the body in one piece: nothing else in the document refers to its parts."""
    schema = SheetIn.model_json_schema()
    schema["properties"]["lines"]["items"] = schema.pop("$defs")["SheetLineIn"]
    return schema


def form_of(model: type[BaseModel]) -> dict[str, Any]:
    """Give the form of a multipart body with a file."""
    schema = model.model_json_schema()
    schema["properties"]["file"] = {
        "type": "string",
        "contentMediaType": "application/octet-stream",
    }
    schema["required"] = [*schema["required"], "file"]
    return schema


BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {FORM: {"schema": form_of(SheetFormIn)}, JSON: {"schema": _schema()}},
    }
}
