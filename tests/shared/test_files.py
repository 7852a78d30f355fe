"""Kept files: sealed, found again, told by their bytes."""

from base64 import b64encode
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from obstore.store import MemoryStore
from structlog.testing import capture_logs

from shared import pii
from shared.config import Runtime
from shared.db import new_id
from shared.files import FileDamaged, FileKind, FileLost, FileMissing, Files, Scan, recognise
from shared.pii import Keyring
from shared.wording import Language

OLD, NEW, INDEX = (b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3))
KEYS = Keyring.parse(f"k1:{OLD},index:{INDEX}")
CONTENT = b"%PDF-1.7 \x00\xff" + bytes(range(256))


def _on_disk(folder: Path) -> dict[str, Path]:
    return {entry.name: entry for entry in folder.rglob("*") if entry.is_file()}


async def test_a_kept_file_opens_again_as_it_was() -> None:
    files = Files(MemoryStore(), KEYS)
    kept = await files.keep(CONTENT, kind=recognise(CONTENT), name="张三的工资表.pdf")
    assert (kept.kind, kept.media_type, kept.size) == (FileKind.PDF, "application/pdf", 267)
    assert (kept.sha256, kept.scan) == (sha256(CONTENT).hexdigest(), Scan.NOT_SCANNED)
    assert await files.open(kept.file_id) == (kept, CONTENT)


async def test_on_disk_lies_nothing_clear(tmp_path: Path) -> None:
    files = Files.of(Runtime(data_dir=tmp_path), KEYS)
    kept = await files.keep(b"secret words", kind=FileKind.CSV, name="zhangsan.csv")
    (path,) = _on_disk(tmp_path).values()
    assert path == tmp_path / "files" / kept.file_id.hex[-2:] / str(kept.file_id)
    assert b"secret" not in path.read_bytes()
    assert b"zhangsan" not in path.read_bytes()
    assert (await files.open(kept.file_id))[1] == b"secret words"


async def test_a_folder_may_be_named_by_setting(tmp_path: Path) -> None:
    files = Files.of(Runtime(files_url=f"file://{tmp_path}/kept"), KEYS)
    await files.keep(b"x,y", kind=FileKind.CSV, name="x.csv")
    assert len(_on_disk(tmp_path / "kept")) == 1


async def test_an_s3_store_may_be_named_by_setting() -> None:
    files = Files.of(Runtime(files_url="s3://bucket/prefix"), KEYS)
    assert "S3" in repr(files.store)


async def test_missing_discarded_and_exchanged_files_do_not_open(tmp_path: Path) -> None:
    files = Files.of(Runtime(data_dir=tmp_path), KEYS)
    first = await files.keep(b"first", kind=FileKind.CSV, name="1")
    second = await files.keep(b"second", kind=FileKind.CSV, name="2")
    paths = _on_disk(tmp_path)
    paths[str(first.file_id)].write_bytes(paths[str(second.file_id)].read_bytes())
    with pytest.raises(pii.Unsealable):
        await files.open(first.file_id)
    await files.discard(second.file_id)
    await files.discard(second.file_id)
    for file_id in (second.file_id, new_id()):
        with pytest.raises(FileMissing):
            await files.open(file_id)


async def test_a_digest_that_does_not_fit_is_damage() -> None:
    files = Files(MemoryStore(), KEYS)
    file_id = new_id()
    await files._put(file_id, b'{"kind": "csv", "name": "x", "sha256": "00"}\nx')  # noqa: SLF001
    with pytest.raises(FileDamaged):
        await files.open(file_id)


@pytest.mark.parametrize("why", ["FileMissing", "FileDamaged", "Unsealable"])
async def test_what_cannot_be_given_says_what_to_do_and_tells_operators(why: str) -> None:
    files = Files(MemoryStore(), KEYS)
    file_id = new_id()
    if why == "FileDamaged":
        await files._put(file_id, b'{"kind": "csv", "name": "x", "sha256": "00"}\nx')  # noqa: SLF001
    elif why == "Unsealable":
        other = Files(files.store, Keyring.parse(f"k1:{NEW},index:{INDEX}"))
        await other._put(file_id, b"{}\nx")  # noqa: SLF001
    with capture_logs() as logs, pytest.raises(FileLost) as lost:
        await files.give(file_id)
    (told,) = logs
    assert (told["event"], told["log_level"], told["why"]) == ("kept_file_lost", "error", why)
    assert told["file_id"] == str(file_id)
    words: dict[Language, str] = {"zh": "从备份恢复文件库", "en": "restore the file store"}
    for language, remedy in words.items():
        said = lost.value.document(language)
        assert (said["type"], said["status"]) == ("/problems/file-lost", 404)
        assert remedy in said["detail"]
        assert str(file_id) in said["detail"]


async def test_rotation_seals_files_anew() -> None:
    store = MemoryStore()
    kept = await Files(store, KEYS).keep(CONTENT, kind=FileKind.PDF, name="x.pdf")
    after = Files(store, Keyring.parse(f"k2:{NEW},k1:{OLD},index:{INDEX}"))
    assert await after.reseal(kept.file_id)
    assert not await after.reseal(kept.file_id)
    only_new = Files(store, Keyring.parse(f"k2:{NEW},index:{INDEX}"))
    assert await only_new.open(kept.file_id) == (kept, CONTENT)


def _zip(*names: str) -> bytes:
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, "<x/>" * 100)
    return buffer.getvalue()


_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.4", FileKind.PDF), (b"\x89PNG\r\n\x1a\n....", FileKind.PNG),
        (b"\xff\xd8\xff\xe0....", FileKind.JPEG), (b"RIFF....WEBPVP8 ", FileKind.WEBP),
        (b"\x00\x00\x00\x18ftypheic", FileKind.HEIC), (b"\x00\x00\x00\x18ftypisom", FileKind.MP4),
        (_zip("[Content_Types].xml", "xl/workbook.xml"), FileKind.XLSX),
        (_zip("[Content_Types].xml", "word/document.xml"), FileKind.DOCX),
        (_zip("OFD.xml"), FileKind.OFD),
        (_zip("xl/workbook.xml", "xl/vbaProject.bin"), FileKind.UNKNOWN),
        (_zip("a.exe"), FileKind.UNKNOWN),
        (_COMPOUND + "Workbook".encode("utf-16-le"), FileKind.XLS),
        (_COMPOUND + "Book".encode("utf-16-le"), FileKind.XLS),
        (_COMPOUND + "EncryptedPackage".encode("utf-16-le"), FileKind.ENCRYPTED),
        (_COMPOUND + "WordDocument".encode("utf-16-le"), FileKind.UNKNOWN),
        ("姓名,身份证\n张三,1\n".encode("gb18030"), FileKind.CSV),
        ("姓名,身份证\n张三,1\n".encode("utf-8-sig"), FileKind.CSV),
        ("姓名\t身份证\n".encode("utf-16"), FileKind.CSV),
        (b"\xef\xbb\xbf<html><table>", FileKind.HTML), (b" <!DOCTYPE html>", FileKind.HTML),
        (b"<table border=1>", FileKind.HTML), (b'<?xml version="1.0"?><html>', FileKind.HTML),
        (b'<?xml version="1.0"?><Document>', FileKind.XML), (b"<svg onload=x>", FileKind.UNKNOWN),
        (b"", FileKind.UNKNOWN), (b" \n", FileKind.UNKNOWN), (b"MZ\x90\x00", FileKind.UNKNOWN),
        (b"\x7fELF\x02\x01", FileKind.UNKNOWN), (b"\x1f\x8b\x08\x00", FileKind.UNKNOWN),
    ],
)  # fmt: skip
def test_a_file_is_told_by_its_bytes(content: bytes, kind: FileKind) -> None:
    assert recognise(content) is kind
