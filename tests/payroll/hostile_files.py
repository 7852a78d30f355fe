"""Files that are no payroll sheets, or carry what a sheet should not: each with what is said of it.

`LISTS` hold two workers and something beside them; of `REFUSED` nothing can be read.
"""

import io
import random
import struct
import zipfile
from collections.abc import Callable, Mapping

import xlsxwriter
import xlwt

from tests.payroll.sheet_layouts import identity, rewritten
from tests.payroll.sheets import BANK_CARD, ID_CARD, OTHER_BANK_CARD, OTHER_CARD

TITLES = ("姓名", "身份证号码", "银行卡号", "应发工资", "扣款合计", "实发工资")
ROWS = (
    ("张三丰", ID_CARD, BANK_CARD, 6000, 500, 5500),
    ("李四", OTHER_CARD, OTHER_BANK_CARD, 5000.5, 0, 5000.5),
)
HEAD = "姓名,身份证号码,应发工资,实发工资"


def new(*sheets: str, note: str = "") -> bytes:
    """Give a new workbook; its first sheet holds the workers."""
    file = io.BytesIO()
    made = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False})
    for n, name in enumerate(sheets or ("工资表",)):
        page = made.add_worksheet(name)
        for number, row in enumerate((TITLES, *ROWS) if not n else ()):
            page.write_row(number, 0, row)
        if note and not n:
            page.write_string(0, len(TITLES), "备注")
            page.write_string(1, len(TITLES), note)
    made.close()
    return file.getvalue()


def old(write: Callable[[xlwt.Workbook], object]) -> bytes:
    """Give an old workbook."""
    book, file = xlwt.Workbook(), io.BytesIO()
    write(book)
    book.save(file)
    return file.getvalue()


def listed(book: xlwt.Workbook) -> None:
    page = book.add_sheet("工资表")
    for n, row in enumerate((TITLES, *ROWS)):
        for m, value in enumerate(row):
            page.write(n, m, value)


def streams(plain: bytes, name: str, entry: int = 1) -> bytes:
    """Name an entry of an old workbook's container otherwise: 1 is its content, 2 is free."""
    body, named = bytearray(plain), name.encode("utf-16-le")
    folder = (struct.unpack_from("<I", plain, 48)[0] + 1) * 512
    at = folder + entry * 128
    body[at : at + 66] = named + bytes(64 - len(named)) + (len(named) + 2).to_bytes(2, "little")
    return bytes(body)


def locked(plain: bytes) -> bytes:
    """Let the second record of an old workbook say that a password is needed."""
    second = 512 + 4 + struct.unpack_from("<H", plain, 514)[0]
    return plain[:second] + b"\x2f\x00" + plain[second + 2 :]


def packed(parts: Mapping[str, bytes], into: bytes = b"") -> bytes:
    """Put parts into a zip of their own, or into one that is there."""
    file = io.BytesIO(into)
    with zipfile.ZipFile(file, "a" if into else "w", 8) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return file.getvalue()


def bomb() -> bytes:
    return rewritten(new(), lambda body: body + b" " * (60 << 20))


def many(rows: int) -> bytes:
    """Give as many rows of the same right worker as text."""
    one = identity(random.Random(1))
    return "\n".join([HEAD, *(f"王五,{one},1,1" for _ in range(rows))]).encode() + b"\n"


def many_cells(rows: int) -> bytes:
    """Give as many rows as a workbook."""
    row = b'<row r="%d"><c r="A%d" t="inlineStr"><is><t>x</t></is></c><c r="F%d"><v>1</v></c></row>'
    body = b"".join(row % (n, n, n) for n in range(10, 10 + rows))
    return rewritten(new(), lambda old: old.replace(b"</sheetData>", body + b"</sheetData>"))


def full(rows: int, columns: int) -> bytes:
    """Give rows of sums in as many columns, which pack well."""
    file = io.BytesIO()
    made = xlsxwriter.Workbook(file, {"constant_memory": True})
    page = made.add_worksheet("工资表")
    page.write_row(0, 0, (*TITLES, *(f"补贴{n}（元）" for n in range(columns - len(TITLES)))))
    for n in range(1, rows + 1):
        page.write_row(n, 0, (*ROWS[0], *(1 for _ in range(columns - len(TITLES)))))
    made.close()
    return file.getvalue()


def formatted(rows: int, content: bytes = b"") -> bytes:
    """Format rows in which nothing stands, below a list."""
    row = b'<row r="%d" s="1" customFormat="1"><c r="A%d" s="1"/><c r="B%d" s="1"/></row>'
    body = b"".join(row % (n, n, n) for n in range(1000, 1000 + rows))
    return rewritten(
        content or new(), lambda old: old.replace(b"</sheetData>", body + b"</sheetData>")
    )


def text(*rows: str) -> bytes:
    return "\n".join(rows).encode() + b"\n"


_ENTITY = b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet'
_TYPES = "[Content_Types].xml"
_XLS = old(lambda book: book.add_sheet("x").write(0, 0, "x"))
REFUSED: Mapping[str, tuple[bytes, str]] = {
    "empty": (b"", "file_empty"),
    "blank": (b" \r\n\r\n", "file_empty"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(99), "file_picture"),
    "jpeg": (b"\xff\xd8\xff\xe0" + bytes(99), "file_picture"),
    "gif": (b"GIF89a" + bytes(99), "file_picture"),
    "bitmap": (b"BM" + bytes(99), "file_picture"),
    "webp": (b"RIFF\0\0\0\0WEBPVP8 " + bytes(99), "file_picture"),
    "photo of a phone": (b"\0\0\0\x18ftypheic" + bytes(99), "file_picture"),
    "pdf": (b"%PDF-1.7 " + bytes(99), "file_pdf"),
    "docx": (packed({_TYPES: b"<x/>", "word/document.xml": b"<x/>"}), "file_document"),
    "doc": (streams(_XLS, "WordDocument"), "file_document"),
    "rich text": (b"{\\rtf1 x}", "file_document"),
    "zip": (packed({"工资表.xlsx": new()}), "file_archive"),
    "rar": (b"Rar!\x1a\x07\x00" + bytes(99), "file_archive"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(99), "file_archive"),
    "ods": (packed({"mimetype": b"x", "content.xml": b"<x/>"}), "file_other_table"),
    "xlsb": (packed({_TYPES: b"<x/>", "xl/workbook.bin": b"x"}), "file_other_table"),
    "xml of 2003": (
        b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
        "file_other_table",
    ),
    "web archive": (b"MIME-Version: 1.0\r\n\r\n<html>", "file_other_table"),
    "xml": (b'<?xml version="1.0"?><sheet/>', "file_xml"),
    "xlsx cut in half": (new()[: len(new()) // 2], "file_truncated"),
    "xlsx without its end": (new()[:-40], "file_truncated"),
    "xls cut off": (_XLS[:3000], "file_truncated"),
    "page cut off": ("<html><table><tr><td>姓名</td>".encode(), "file_truncated"),
    "xlsx behind a password": (streams(_XLS, "EncryptedPackage"), "file_encrypted"),
    "xls behind a password": (locked(_XLS), "file_encrypted"),
    "zip bomb": (bomb(), "file_bomb"),
    "entities": (
        rewritten(new(), lambda body: body.replace(b"<worksheet", _ENTITY, 1)),
        "file_xml_hostile",
    ),
    "200,000 rows of text": (many(200_000), "file_too_many_rows"),
    "too wide": (text(HEAD + ",x" * 500), "file_too_wide"),
    "quotes left open": (text(HEAD, '"王五,x,1,2', "李四,x,1,2"), "file_quotes_open"),
    "quotes crossed": (text(HEAD, '"王五,x,1,2', "李四,x,1,2", '赵"六",x,1,2'), "file_quotes_open"),
    "bytes of no text": (text(HEAD) + b"\xff\xff,x,1,2\n", "file_encoding_unknown"),
    "anything": (random.Random(1).randbytes(3000), "file_unknown"),
    "no header": (text("说明", "本月无工资"), "header_missing"),
    "no rows": (text(HEAD), "no_rows"),
}
"""By name: bytes, and the code of the one thing that is said of them."""

LISTS: Mapping[str, tuple[bytes, dict[str, str]]] = {
    "macros": (packed({"xl/vbaProject.bin": bytes(5000)}, new()), {"file_macros": "hint"}),
    "macros of old": (
        streams(old(listed), "_VBA_PROJECT_CUR", 2),
        {"file_macros": "hint"},
    ),
    "links to elsewhere": (
        packed({"xl/externalLinks/externalLink1.xml": b"<externalLink/>"}, new()),
        {"file_links": "warning"},
    ),
    "formula as text": (new(note="=cmd|' /C calc'!A0"), {"formula_text": "warning"}),
    "empty formatted rows": (formatted(20_000), {}),
}
"""By name: bytes, and what is said of the file beside its workers, with its severity."""
