"""Kept files: uploads and evidence, sealed, in a folder or an S3-compatible store, through obstore.

A file lies under its id; its name, kind and digest are sealed with it, because names of files tell
of people. Whoever keeps one may have a scanner look at it first; else it is marked `not_scanned`.
Doors give files out as downloads only, and what a scanner found not at all. The rows that say
whose a file is are the services' own.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Annotated
from uuid import UUID

import obstore
import structlog
from fastapi import Depends, Request
from obstore.exceptions import NotFoundError
from obstore.store import LocalStore, ObjectStore, from_url

from shared.config import Runtime
from shared.db import new_id
from shared.pii import LONGEST_HEAD, Keyring, Unsealable, key_id_of
from shared.problems import Problem
from shared.wording import Text

log = structlog.get_logger()


_LISTED = 1_000


class FileKind(StrEnum):
    """What a file is by its bytes; each door has its own list of kinds that it takes."""

    PDF = "pdf"
    OFD = "ofd"
    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"
    HEIC = "heic"
    MP4 = "mp4"
    XLSX = "xlsx"
    XLS = "xls"
    DOCX = "docx"
    CSV = "csv"
    HTML = "html"
    XML = "xml"
    ENCRYPTED = "encrypted"  # an Office file behind a password
    UNKNOWN = "unknown"


MEDIA_TYPES: dict[FileKind, str] = {
    FileKind.PDF: "application/pdf",
    FileKind.OFD: "application/ofd",
    FileKind.PNG: "image/png",
    FileKind.JPEG: "image/jpeg",
    FileKind.WEBP: "image/webp",
    FileKind.HEIC: "image/heic",
    FileKind.MP4: "video/mp4",
    FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileKind.XLS: "application/vnd.ms-excel",
    FileKind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    FileKind.CSV: "text/csv",
    FileKind.HTML: "text/html",
    FileKind.XML: "application/xml",
    FileKind.ENCRYPTED: "application/octet-stream",
    FileKind.UNKNOWN: "application/octet-stream",
}


class Scan(StrEnum):
    """What a virus scanner said."""

    NOT_SCANNED = "not_scanned"
    CLEAN = "clean"
    INFECTED = "infected"


class FileMissing(Exception):
    """The store has no file of this id."""


class FileDamaged(Exception):
    """What the store gives is not what was kept."""


class FileLost(Problem):
    """A row names a kept file that cannot be given any more; operators are told by the log."""

    status = 404
    title = Text(
        "文件已登记，但文件库中没有可用的内容",
        "This file is registered, but its content is not in the file store",
    )

    def __init__(self, file_id: UUID) -> None:
        """Take the id by which operators find the file, in the log and in their backup."""
        super().__init__(
            Text(
                f"请将文件编号 {file_id} 告知系统管理员，从备份恢复文件库；"
                "无法恢复的，请重新提交该文件。",
                f"Tell the operators the file's id {file_id}: they restore the file store from its"
                " backup. If they cannot, send the file again.",
            ),
            file_id=str(file_id),
        )


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as it was kept; `sha256` in hex, `size` in bytes, both of the clear content."""

    file_id: UUID
    kind: FileKind
    name: str
    sha256: str
    size: int
    scan: Scan = Scan.NOT_SCANNED

    @property
    def media_type(self) -> str:
        """The media type by the kind, never the one that the uploader said."""
        return MEDIA_TYPES[self.kind]


class Files:
    """The kept files of a process."""

    def __init__(self, store: ObjectStore, keyring: Keyring) -> None:
        self.store, self.keyring = store, keyring

    @classmethod
    def of(cls, runtime: Runtime, keyring: Keyring) -> "Files":
        """Open `FILES_URL` (S3 takes its access from `AWS_…`), else a folder of `data_dir`."""
        if runtime.files_url and not runtime.files_url.startswith("file:"):
            return cls(from_url(runtime.files_url), keyring)
        folder = (runtime.files_url or "").removeprefix("file://") or runtime.data_dir / "files"
        return cls(LocalStore(folder, mkdir=True), keyring)

    async def keep(self, content: bytes, *, kind: FileKind, name: str) -> Kept:
        """Seal and keep a file; `kind` is what `recognise` said, `name` the uploader's.

        Kept before any transaction: a request that fails later leaves a file that nobody names.
        """
        digest = await asyncio.to_thread(lambda: sha256(content).hexdigest())
        kept = Kept(new_id(), kind, name, digest, len(content))
        head = json.dumps({"kind": kind, "name": name, "sha256": digest}).encode()
        await self._put(kept.file_id, head + b"\n" + content)
        return kept

    async def open(self, file_id: UUID) -> tuple[Kept, bytes]:
        """Give a file and its content; raises FileMissing, FileDamaged, pii.Unsealable."""
        clear = await asyncio.to_thread(
            self.keyring.open, await self._sealed(file_id), file_id.bytes
        )
        head, _, content = clear.partition(b"\n")
        said = json.loads(head)
        if await asyncio.to_thread(lambda: sha256(content).hexdigest()) != said["sha256"]:
            raise FileDamaged(str(file_id))
        kind = FileKind(said["kind"])
        return Kept(file_id, kind, said["name"], said["sha256"], len(content)), content

    async def give(self, file_id: UUID) -> tuple[Kept, bytes]:
        """Give a file that a row names; raises FileLost, and tells operators why, if it is gone."""
        try:
            return await self.open(file_id)
        except (FileMissing, FileDamaged, Unsealable) as error:
            log.error("kept_file_lost", file_id=str(file_id), why=type(error).__name__)
            raise FileLost(file_id) from error

    async def reseal(self, file_id: UUID) -> bool:
        """Seal a file with today's key, if another one sealed it; say whether it did."""
        sealed = await self._sealed(file_id)
        if not self.keyring.needs_reseal(sealed):
            return False
        await self._put(file_id, await asyncio.to_thread(self.keyring.open, sealed, file_id.bytes))
        return True

    async def listed(self) -> AsyncIterator[list[UUID]]:
        """Give the ids of all kept files, whoever named them, some at a time."""
        async for batch in obstore.list(self.store, chunk_size=_LISTED):
            yield [UUID(one["path"].rpartition("/")[2]) for one in batch]

    async def key_of(self, file_id: UUID) -> str:
        """Give the id of the key that sealed a file, of its first bytes; raises FileMissing."""
        try:
            head = await obstore.get_range_async(
                self.store, _path(file_id), start=0, end=LONGEST_HEAD
            )
        except (NotFoundError, FileNotFoundError):
            raise FileMissing(str(file_id)) from None
        return key_id_of(bytes(head))

    async def discard(self, file_id: UUID) -> None:
        """Delete a file's content for good (the legal time is over); twice is once."""
        with suppress(NotFoundError, FileNotFoundError):
            await obstore.delete_async(self.store, _path(file_id))

    async def _put(self, file_id: UUID, clear: bytes) -> None:
        sealed = await asyncio.to_thread(self.keyring.seal, clear, file_id.bytes)
        await obstore.put_async(self.store, _path(file_id), sealed, use_multipart=False)

    async def _sealed(self, file_id: UUID) -> bytes:
        try:
            found = await obstore.get_async(self.store, _path(file_id))
        except (NotFoundError, FileNotFoundError):
            raise FileMissing(str(file_id)) from None
        return bytes(await found.bytes_async())


def _path(file_id: UUID) -> str:
    """Spread files over folders by the random end of their ids."""
    return f"{file_id.hex[-2:]}/{file_id}"


async def _files(request: Request) -> Files:
    files: Files = request.app.state.files
    return files


# A route that keeps or gives out files takes them by annotation alone: `files: KeptFiles`.
KeptFiles = Annotated[Files, Depends(_files)]

_MAGIC: tuple[tuple[bytes, FileKind], ...] = (
    (b"%PDF-", FileKind.PDF),
    (b"\x89PNG\r\n\x1a\n", FileKind.PNG),
    (b"\xff\xd8\xff", FileKind.JPEG),
)
_HEAD = 4_096


def recognise(content: bytes) -> FileKind:
    """Say what a file is by its bytes; neither its name nor its media type is asked."""
    for magic, kind in _MAGIC:
        if content.startswith(magic):
            return kind
    if content.startswith(b"PK\x03\x04"):
        return _in_zip(content)
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _in_compound_file(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return FileKind.WEBP
    if content[4:8] == b"ftyp":
        heic = content[8:12] in {b"heic", b"heix", b"heif", b"mif1", b"msf1"}
        return FileKind.HEIC if heic else FileKind.MP4
    return _text(content)


def _in_zip(content: bytes) -> FileKind:
    """Names in a zip are not compressed. What carries macros is none of ours."""
    if b"vbaProject.bin" in content:
        return FileKind.UNKNOWN
    for part, kind in (
        (b"xl/workbook.xml", FileKind.XLSX),
        (b"word/document.xml", FileKind.DOCX),
        (b"OFD.xml", FileKind.OFD),
    ):
        if part in content:
            return kind
    return FileKind.UNKNOWN


def _in_compound_file(content: bytes) -> FileKind:
    """Names in the old Office container are UTF-16; a new file behind a password is one, too."""
    if "EncryptedPackage".encode("utf-16-le") in content:
        return FileKind.ENCRYPTED
    for stream in ("Workbook", "Book"):
        if stream.encode("utf-16-le") in content:
            return FileKind.XLS
    return FileKind.UNKNOWN


def _text(content: bytes) -> FileKind:
    """Tell apart HTML and XML that call themselves spreadsheets, and lines of text."""
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        head = content[:_HEAD].decode("utf-16", "replace")
    else:
        head = content[:_HEAD].removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    # Chinese in GB18030 or UTF-8 uses high bytes only; control characters mean it is no text.
    if not head.strip() or any(sign < " " and sign not in "\t\r\n" for sign in head):
        return FileKind.UNKNOWN
    start = head.lstrip().lower()
    if start.startswith(("<!doctype html", "<html", "<table", "<meta", "<head", "<style")):
        return FileKind.HTML
    if start.startswith("<?xml"):
        return FileKind.HTML if "<html" in start else FileKind.XML
    return FileKind.UNKNOWN if start.startswith("<") else FileKind.CSV
