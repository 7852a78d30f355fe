"""How lists come in files, of whatever kind: kept and read before the transaction begins."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any

from fastapi import File, Response, UploadFile

from services.payroll.schemas.lists import MOST_BYTES
from shared import tables, uploads
from shared.files import MEDIA_TYPES, FileKind, Kept, KeptFiles, recognise
from shared.tables import forms
from shared.tables.forms import Filled, Form

XLSX: Mapping[int | str, dict[str, Any]] = {200: {"content": {MEDIA_TYPES[FileKind.XLSX]: {}}}}


def reading(form: Form) -> Callable[..., Awaitable[tuple[Kept, Filled]]]:
    """Give what keeps an uploaded file, and reads it as a form."""

    async def read(files: KeptFiles, file: Annotated[UploadFile, File()]) -> tuple[Kept, Filled]:
        upload = await uploads.read_upload(file, limit=MOST_BYTES)
        kept = await files.keep(upload.content, kind=recognise(upload.content), name=upload.name)
        book = await tables.read(upload.content)
        return kept, await asyncio.to_thread(forms.read, form, book)

    return read


async def template(
    write: Callable[[Sequence[str]], bytes], choices: Sequence[str], name: str
) -> Response:
    """Answer with a template that offers choices."""
    content = await asyncio.to_thread(write, choices)
    headers = {"content-disposition": f'attachment; filename="{name}.xlsx"'}
    return Response(content, media_type=MEDIA_TYPES[FileKind.XLSX], headers=headers)
