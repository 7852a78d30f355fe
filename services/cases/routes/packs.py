"""Evidence packs over HTTP: made of a watch item or a case, and given as a zip."""

from collections.abc import Awaitable, Callable
from typing import Annotated, NamedTuple, TypeAlias
from uuid import UUID

from fastapi import Depends, Response

from services.cases import actions, adapters, queries
from services.cases.adapters.pack_file import Entries
from services.cases.errors import CaseUnknown, PackUnknown, WatchItemUnknown
from services.cases.models import EvidencePack
from services.cases.routes.router import router
from services.cases.rules.packs import Dossier
from services.cases.schemas.packs import EvidencePackOut
from shared import clock
from shared.auth import Caller, Who, may
from shared.db import Glance, Session, Transaction
from shared.files import FileKind, FileLost, Files, Kept, KeptFiles
from shared.problems import Invalid, raises

ZIP = "application/zip"
_MAKE = [may("cases:make_packs")]
_Gather: TypeAlias = Callable[[Session, Caller, UUID], Awaitable[Dossier]]


class Packed(NamedTuple):
    """A dossier and the file that was made of it, or the one that was kept of the same."""

    told: Dossier
    digest: str
    kept: Kept
    entries: Entries


async def _pack(files: Files, glance: Glance, who: Caller, gather: _Gather, about: UUID) -> Packed:
    """Make the zip where there is none that tells the same, before the transaction begins."""
    async with glance() as session:
        told = await gather(session, who, about)
        digest = actions.packs.digest_of(told)
        there = await queries.packs.find_pack(session, about, digest)
        if there is not None:
            same = Kept(there.file_id, FileKind.UNKNOWN, "", there.sha256, there.size)
            return Packed(told, digest, same, there.entries)
        await actions.packs.with_audit(session, told)
    content, entries = await adapters.pack_file.write(told, clock.now(), who.actor)
    kept = await files.keep(content, kind=FileKind.UNKNOWN, name=f"{about}.zip")
    return Packed(told, digest, kept, entries)


async def _of_item(files: KeptFiles, glance: Glance, who: Who, item_id: UUID) -> Packed:
    return await _pack(files, glance, who, actions.packs.dossier_of_item, item_id)


async def _of_case(files: KeptFiles, glance: Glance, who: Who, case_id: UUID) -> Packed:
    return await _pack(files, glance, who, actions.packs.dossier_of_case, case_id)


@router.post(
    "/v1/watch-items/{item_id}/evidence-pack",
    dependencies=_MAKE,
    summary="Make the evidence pack of a watch item: what happened, who was told, with digests",
    status_code=201,
    response_model=EvidencePackOut,
    responses=raises(WatchItemUnknown, Invalid),
)
async def make_item_pack(
    packed: Annotated[Packed, Depends(_of_item)], session: Transaction, who: Who, item_id: UUID
) -> EvidencePack:
    return await actions.packs.keep_pack(
        session, who, packed.told, packed.kept, packed.entries, digest=packed.digest,
        now=clock.now(),
    )  # fmt: skip


@router.post(
    "/v1/arrears-cases/{case_id}/evidence-pack",
    dependencies=_MAKE,
    summary="Make the evidence pack of a case; people in it are masked",
    status_code=201,
    response_model=EvidencePackOut,
    responses=raises(CaseUnknown, Invalid),
)
async def make_case_pack(
    packed: Annotated[Packed, Depends(_of_case)], session: Transaction, who: Who, case_id: UUID
) -> EvidencePack:
    return await actions.packs.keep_pack(
        session, who, packed.told, packed.kept, packed.entries, digest=packed.digest,
        now=clock.now(),
    )  # fmt: skip


@router.get(
    "/v1/evidence-packs/{pack_id}",
    dependencies=_MAKE,
    summary="A pack that was made: what is in it, and its digests",
    response_model=EvidencePackOut,
    responses=raises(PackUnknown, Invalid),
)
async def evidence_pack(session: Transaction, who: Who, pack_id: UUID) -> EvidencePack:
    return await queries.packs.pack(session, pack_id, who.scope)


@router.get(
    "/v1/evidence-packs/{pack_id}/file",
    dependencies=_MAKE,
    summary="A pack as a zip with an index and a cover",
    response_class=Response,
    responses={200: {"content": {ZIP: {}}}, **raises(PackUnknown, FileLost, Invalid)},
)
async def evidence_pack_file(
    files: KeptFiles, session: Transaction, who: Who, pack_id: UUID
) -> Response:
    found = await queries.packs.pack(session, pack_id, who.scope)
    _, content = await files.give(found.file_id)
    headers = {
        "content-disposition": f'attachment; filename="{found.id}.zip"',
        "x-content-type-options": "nosniff",
    }
    return Response(content, media_type=ZIP, headers=headers)
