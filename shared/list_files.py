"""Lists that come in files, of whatever kind: kept and read, row by row made into bodies.

A file is kept and read before the transaction begins; what is wrong with a row is found at its
cells, and what came of the rows is the service's own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Annotated, Any, TypeVar

from fastapi import File, Response, UploadFile
from pydantic import BaseModel, ValidationError

from shared import tables, uploads
from shared.files import MEDIA_TYPES, FileKind, Files, Kept, KeptFiles, recognise
from shared.problems import Finding, findings
from shared.tables import forms
from shared.tables.forms import Filled, Form, Line
from shared.wording import Text

MOST_BYTES = 8 * 1024 * 1024
CHECK = Text("请核对后修改", "Compare it and correct it")
XLSX: Mapping[int | str, dict[str, Any]] = {200: {"content": {MEDIA_TYPES[FileKind.XLSX]: {}}}}

B = TypeVar("B", bound=BaseModel)


def reading(form: Form) -> Callable[..., Awaitable[tuple[Kept, Filled]]]:
    """Give what keeps an uploaded file, and reads it as a form."""

    async def keep(files: KeptFiles, file: Annotated[UploadFile, File()]) -> tuple[Kept, Filled]:
        return await read(files, file, form)

    return keep


async def read(files: Files, file: UploadFile, form: Form) -> tuple[Kept, Filled]:
    """Keep an uploaded file, and read it as a form."""
    upload = await uploads.read_upload(file, limit=MOST_BYTES)
    kept = await files.keep(upload.content, kind=recognise(upload.content), name=upload.name)
    book = await tables.read(upload.content)
    return kept, await asyncio.to_thread(forms.read, form, book)


async def template(write: Callable[[], bytes], name: str) -> Response:
    """Answer with a template to fill in."""
    content = await asyncio.to_thread(write)
    headers = {"content-disposition": f'attachment; filename="{name}.xlsx"'}
    return Response(content, media_type=MEDIA_TYPES[FileKind.XLSX], headers=headers)


def body(
    line: Line, kind: type[B], values: Mapping[str, Any], columns: Mapping[str, str]
) -> B | None:
    """Give a row as the body that enters it, or find what is wrong with it and give None.

    `columns` says in which columns fields stand that are named otherwise.
    """
    try:
        return kind.model_validate({name: one for name, one in values.items() if one is not None})
    except ValidationError as error:
        tell(line, findings(error.errors()), columns)
        return None


def tell(line: Line, found: Iterable[Finding], columns: Mapping[str, str]) -> None:
    """Find at a row's cells what was found in its fields."""
    for one in found:
        line.find(columns.get(one.place, one.place), one.code, one.detail, one.remedy or CHECK)


def find_twice(lines: Iterable[Line], names: Iterable[str]) -> None:
    """Find rows that say of a column what one above says, where that names one thing."""
    kept = list(lines)
    for name in names:
        first: dict[str, Line] = {}
        for line in kept:
            said = line.values[name]
            before = first.setdefault(said, line) if said else line
            if before is not line:
                line.find(
                    name,
                    "RowTwice",
                    Text("与第 {row} 行重复", "The same as row {row}").fill(row=before.row),
                    Text("请删去其中一行", "Leave one of them out"),
                )
