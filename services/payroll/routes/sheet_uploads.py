"""How a payroll sheet comes over HTTP: a file or JSON lines, read before the transaction begins."""

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile

from services.payroll import queries
from services.payroll.actions import sheet_lines
from services.payroll.actions.sheet_columns import Mapped
from services.payroll.actions.sheets import SentSheet
from services.payroll.adapters import sheet_annotated, sheet_file, sheet_reading
from services.payroll.adapters.sheet_file import SheetRow
from services.payroll.errors import MappingRefused, SheetUnreadable
from services.payroll.routes.sheet_lookup import lookup
from services.payroll.schemas.lines import RevealIn
from services.payroll.schemas.sheet_columns import ColumnsIn
from services.payroll.schemas.sheets import MOST_BYTES, SheetFormIn, SheetIn
from shared import clock, pii, tables, turns, uploads
from shared.auth import Caller, Who
from shared.db import Glance, Glances
from shared.files import Files, Kept, KeptFiles, recognise
from shared.problems import Finding, Invalid, NotFound, findings
from shared.tables import words as tables_words
from shared.uploads import Upload
from shared.wording import Text

JSON, FORM = "application/json", "multipart/form-data"
_Said = TypeVar("_Said", bound=BaseModel)


async def _sent(
    request: Request, project_id: UUID, files: KeptFiles, glance: Glance, caller: Who
) -> AsyncIterator[SentSheet]:
    """Read what is sent by its media type, when it is its turn, which lasts to the commit."""
    if request.headers.get("content-type", "").startswith(FORM):
        # Closed when all is done: an Idempotency-Key asks for its parts once more.
        async with request.form() as form, turns.turn():
            yield await _file(form, project_id, files, glance, caller)
    else:
        body = await request.body()
        async with turns.turn():
            yield await _lines(request, body)


async def _lines(request: Request, body: bytes) -> SentSheet:
    try:
        said = SheetIn.model_validate_json(body)
    except ValidationError as error:
        if JSON not in request.headers.get("content-type", JSON):
            raise Invalid(errors=[Finding("content-type", "media_type", *_NO_FORM)]) from error
        raise Invalid(errors=findings(error.errors())) from error
    digest = hashlib.sha256(body).hexdigest()
    reading = said.read()
    rows = await turns.aside(sheet_lines.rows, reading.entries)
    return SentSheet(
        said.period, said.run, said.employer_id, digest, len(body), None, reading, rows
    )


async def _file(
    form: FormData, project_id: UUID, files: Files, glance: Glances, caller: Caller
) -> SentSheet:
    """Keep nothing of a file for a project that is none of the sender's, and no file twice."""
    said, upload = await form_upload(form, SheetFormIn)
    digest = pii.blind_index(upload.sha256, "account")
    async with glance() as session:
        project = await queries.sheets.project_of_sender(session, project_id, caller.scope)
        file_id = await queries.sheets.file_of_content(session, project.id, said.period, digest)
    if file_id is None:
        file_id = (await _keep(files, upload)).file_id
    known = await known_headers(glance, caller, sheet_reading.KIND)
    async with lookup(glance, project, said.period, clock.now()) as people:
        lines = _Lines(people.ask)
        read = await read_file(upload.content, sheet_reading.KIND, known, lines)
        reading = await turns.aside(sheet_reading.of, read)
        ahead = await people.found()
    return SentSheet(
        said.period, said.run, said.employer_id, upload.sha256, len(upload.content), file_id,
        reading, [] if reading.refused else lines.rows, ahead,
    )  # fmt: skip


class _Lines:
    """Makes sealed lines of a file's rows while the rest is still being read.

    `ask` hears the blind indexes of whoever stands on them.
    """

    def __init__(self, ask: Callable[[frozenset[str]], object] | None = None) -> None:
        self.ask = ask
        self.anew()

    def anew(self) -> None:
        """Begin, or begin anew: the file is read once more."""
        self.rows: list[dict[str, Any]] = []

    def take(self, rows: Sequence[SheetRow]) -> None:
        """Take some rows more."""
        made = sheet_lines.rows(sheet_reading.entries(rows), len(self.rows) + 1)
        if self.ask:
            self.ask(frozenset(index for row in made if (index := row["id_index"])))
        self.rows += made


async def form_file(form: FormData, files: Files, model: type[_Said]) -> tuple[_Said, Kept, bytes]:
    """Keep a form's file before anything is made of it; give what is said beside it, too.

    Raises Invalid with all that is missing or wrong.
    """
    said, upload = await form_upload(form, model)
    return said, await _keep(files, upload), upload.content


async def _keep(files: Files, upload: Upload) -> Kept:
    return await files.keep(upload.content, kind=recognise(upload.content), name=upload.name)


async def form_upload(form: FormData, model: type[_Said]) -> tuple[_Said, Upload]:
    """Give a form's one file and what is said beside it; raises as `form_file` does."""
    part, several = form.get("file"), form.getlist("file")[1:]
    wrong: list[Finding] = []
    if several:
        wrong.append(Finding("file", "file_twice", *_ONE_FILE))
    elif not isinstance(part, UploadFile):
        wrong.append(Finding("file", "missing", Text("没有收到文件", "No file came"), _AGAIN))
    fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    try:
        said = model.model_validate(fields)
    except ValidationError as error:
        raise Invalid(errors=[*wrong, *findings(error.errors())]) from error
    if wrong or not isinstance(part, UploadFile):
        raise Invalid(errors=wrong)
    return said, await uploads.read_upload(part, limit=MOST_BYTES)


async def known_headers(
    glance: Glances, caller: Caller, kind: str
) -> Mapping[str, Mapping[str, str]]:
    """Give how the caller's organisation reads headers of a kind of files, by their digest."""
    if caller.org is None:
        return {}
    async with glance() as session:
        found = await queries.sheet_columns.mappings(session, caller.org, kind)
    return {digest: one.fields for digest, one in found.items()}


async def read_file(
    content: bytes,
    kind: str,
    known: Mapping[str, Mapping[str, str]],
    lines: _Lines | None = None,
) -> sheet_file.SheetReading:
    """Read a file as its sender reads such headers; `lines` take its rows meanwhile."""
    take = lines.take if lines else None
    read = await sheet_file.read_sheet(content, kind, take=take)
    for header in sheet_reading.headers(read):
        if fields := known.get(header.digest):
            given = sheet_reading.given(fields, header.digest)
            if lines:
                lines.anew()
            return await sheet_file.read_sheet(content, kind, given, take)
    return read


async def _mapped(
    sheet_id: UUID, body: ColumnsIn, files: KeptFiles, glance: Glance, caller: Who
) -> Mapped:
    """Read the kept file of a sheet anew, with its columns as somebody says."""
    async with glance() as session:
        file_id = await queries.sheet_columns.kept_file(session, sheet_id, caller.scope)
    if unknown := sorted({*body.columns} - sheet_reading.FIELDS):
        raise MappingRefused(
            errors=[Finding(f"columns.{name}", "field_unknown", *_NO_FIELD) for name in unknown]
        )
    _, content = await files.give(file_id)
    plain = await sheet_file.read_sheet(content, sheet_reading.KIND)
    header = next(
        (one for one in sheet_reading.headers(plain) if body.sheet in {None, one.sheet}), None
    )
    if header is None:
        raise MappingRefused(errors=[Finding("sheet", "header_missing", *_NO_HEADER)])
    given = sheet_reading.given(body.columns, header.digest)
    lines = _Lines()
    read = await sheet_file.read_sheet(content, sheet_reading.KIND, given, lines.take)
    reading = await turns.aside(sheet_reading.of, read)
    return Mapped(sheet_reading.KIND, header.digest, body.columns, reading, lines.rows)


async def _annotated(
    sheet_id: UUID, body: RevealIn, files: KeptFiles, glance: Glance, caller: Who
) -> bytes:
    """Read the kept file of a sheet, and write it anew with what its last check found.

    Not before its purpose is told: to read a file takes a process of its own.
    """
    del body
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
    return await turns.aside(sheet_annotated.write, book, marks)


_NO_HEADER = (
    Text("文件中没有可识别的表头", "The file has no header that can be recognised"),
    Text("请使用模板，或补上姓名、身份证号、实发等列名", "Use the template, or title its columns"),
)
_NO_FIELD = (
    Text("没有这样的项目名", "No field is called so"),
    Text(
        "请使用 name、id_number、card_no、days、gross、deductions、net 等规定的项目名",
        "Use the names of fields, such as name, id_number, card_no, days, gross, deductions, net",
    ),
)
_NO_FORM = (
    Text("既不是表单上传的文件，也不是 JSON", "It is neither a file in a form nor JSON"),
    Text(
        "文件请用 multipart/form-data 的 file 项上传",
        "Send a file as the part `file` of multipart/form-data",
    ),
)
_ONE_FILE = (
    Text("一次传来了几个文件，均未读取", "Several files came at once; none was read"),
    Text("请每次上传一个文件", "Send one file at a time"),
)
_AGAIN = Text(
    "请选择文件；如上传中断，请重新上传", "Choose a file; if it was cut off, send it again"
)
Sent = Annotated[SentSheet, Depends(_sent, scope="function")]
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
