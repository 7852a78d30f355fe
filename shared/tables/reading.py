"""The child's side: what kind of file it is by its bytes, and its rows, kind by kind."""

from collections.abc import Iterator
from typing import BinaryIO

from shared.tables import html, text, xls, xlsx
from shared.tables.cells import Part, Row, SheetHead, Unreadable

_ZIP, _COMPOUND = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEAD = 4_096
_BATCH = 500
_CONTROLS = bytes({*range(0x20)} - set(b"\t\n\r"))
_FEW = 100
_MARKS = b"\x03\x00\xfe\xff\x09\x00", b"xl/workbook.xml"
_EXCEL_2003 = b"urn:schemas-microsoft-com:office:spreadsheet"
_TAGS = (b"<!doctype html", b"<html", b"<table", b"<meta", b"<head", b"<style", b"<div")
_FOREIGN = {
    b"%PDF-": "pdf",
    b"\x89PNG": "picture",
    b"\xff\xd8\xff": "picture",
    b"GIF8": "picture",
    b"II*\x00": "picture",
    b"MM\x00*": "picture",
    b"{\\rtf": "document",
    b"MIME-Version:": "other_table",
    b"Rar!": "archive",
    b"7z\xbc\xaf": "archive",
    b"\x1f\x8b": "archive",
}


def parts(file: BinaryIO) -> Iterator[Part]:
    """Give a file's sheets and rows; a file that cannot be read ends with a refusal."""
    try:
        yield from _parts(file)
    except Unreadable as error:
        yield Part(refusal=error.refusal)


def _parts(file: BinaryIO) -> Iterator[Part]:
    head = file.read(_HEAD)
    file.seek(0)
    if not head.strip():
        raise Unreadable("empty")
    if head.startswith(_ZIP):
        return xlsx.parts(file)
    if head.startswith(_COMPOUND):
        return xls.parts(file)
    for magic, code in _FOREIGN.items():
        if head.startswith(magic):
            raise Unreadable(code)
    if head[8:12] == b"WEBP" or head[4:8] == b"ftyp" or (head[:2] == b"BM" and 0 in head[:16]):
        raise Unreadable("picture")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(_TAGS) or (start.startswith(b"<?xml") and b"<html" in start):
        return _of_pages(file)
    if start.startswith(b"<"):
        raise Unreadable("other_table" if _EXCEL_2003 in head else "xml")
    # Old programs leave a few of them in what they write; more, and it is no text.
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not wide and len(head) - len(head.translate(None, _CONTROLS)) > len(head) // _FEW:
        # What lost its first bytes is known by what follows.
        damaged = _MARKS[0] in head[:64] or _MARKS[1] in file.read()
        raise Unreadable("truncated" if damaged else "unknown")
    return _of_text(file)


def _of_text(file: BinaryIO) -> Iterator[Part]:
    yield Part(sheet=SheetHead(""))
    yield from (Part(rows=rows) for rows in _batches(text.rows(file)))


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _of_pages(file: BinaryIO) -> Iterator[Part]:
    number = 0
    for table, row in html.rows(file):
        if table != number:
            number = table
            yield Part(sheet=SheetHead(f"table{table}" if table > 1 else ""))
        yield Part(rows=[row])
