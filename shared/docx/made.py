"""Plain documents: titles, paragraphs and tables in the form of Chinese official papers.

Margins and sizes by GB/T 9704: A4, 37 mm above, 28 mm on the left, text of size three (16 pt).
"""

import io
import zipfile
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_KIND = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_MADE = (2000, 1, 1, 0, 0, 0)
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_WIDE = 8_845
"""What lies between the margins, in twentieths of a point."""


class Block(StrEnum):
    """How a paragraph stands."""

    TITLE = "title"
    NUMBER = "number"
    ADDRESSEE = "addressee"
    BODY = "body"
    SIGNATURE = "signature"


class Paragraph(NamedTuple):
    """A paragraph: how it stands, and what it says."""

    block: Block
    said: str


class Cell(NamedTuple):
    """A column of a table with one row: its head, what stands in the row, its share of width."""

    head: str
    said: str
    share: int


class Table(NamedTuple):
    """A table with its heads and one row."""

    cells: Sequence[Cell]


_SHAPES = {
    Block.TITLE: ('<w:jc w:val="center"/>', "方正小标宋简体", 44, 'w:before="240" w:after="240"'),
    Block.NUMBER: ('<w:jc w:val="center"/>', "仿宋_GB2312", 32, 'w:after="240"'),
    Block.ADDRESSEE: ("", "仿宋_GB2312", 32, ""),
    Block.BODY: ('<w:ind w:firstLineChars="200" w:firstLine="640"/>', "仿宋_GB2312", 32, ""),
    Block.SIGNATURE: ('<w:jc w:val="right"/>', "仿宋_GB2312", 32, ""),
}


def write(blocks: Sequence[Paragraph | Table]) -> bytes:
    """Give a document of paragraphs and tables, in their order; the same are the same bytes."""
    body = "".join(
        _paragraph(block) if isinstance(block, Paragraph) else _table(block.cells)
        for block in blocks
    )
    page = (
        '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="2098" w:right="1474"'
        ' w:bottom="1984" w:left="1587" w:header="851" w:footer="992" w:gutter="0"/></w:sectPr>'
    )
    document = f'<w:document xmlns:w="{_WORD}"><w:body>{body}{page}</w:body></w:document>'
    parts = {
        "[Content_Types].xml": (
            f'<Types xmlns="{_TYPES}">'
            '<Default Extension="rels"'
            ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{_KIND}.document.main+xml"/>'
            "</Types>"
        ),
        "_rels/.rels": (
            f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1"'
            f' Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>'
        ),
        "word/document.xml": document,
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, said in parts.items():
            info = zipfile.ZipInfo(name, _MADE)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, _XML + said)
    return file.getvalue()


def _run(said: str, font: str, size: int) -> str:
    fonts = "".join(f" w:{name}={quoteattr(font)}" for name in ("ascii", "hAnsi", "eastAsia"))
    shape = f'<w:rPr><w:rFonts{fonts}/><w:sz w:val="{size}"/><w:szCs w:val="{size}"/></w:rPr>'
    return f'<w:r>{shape}<w:t xml:space="preserve">{escape(said)}</w:t></w:r>'


def _paragraph(one: Paragraph) -> str:
    place, font, size, gaps = _SHAPES[one.block]
    lines = f'<w:spacing {gaps} w:line="560" w:lineRule="exact"/>'
    return f"<w:p><w:pPr>{lines}{place}</w:pPr>{_run(one.said, font, size)}</w:p>"


def _table(cells: Sequence[Cell]) -> str:
    sides = ("top", "left", "bottom", "right", "insideH", "insideV")
    borders = "".join(f'<w:{side} w:val="single" w:sz="4" w:space="0"/>' for side in sides)
    whole = sum(cell.share for cell in cells)
    widths = [_WIDE * cell.share // whole for cell in cells]
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)

    def row(said: Sequence[str], head: str = "") -> str:
        boxes = "".join(
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>'
            f'<w:p><w:pPr><w:jc w:val="center"/></w:pPr>{_run(one, "仿宋_GB2312", 24)}</w:p></w:tc>'
            for width, one in zip(widths, said, strict=True)
        )
        return f"<w:tr>{head}{boxes}</w:tr>"

    # The head is repeated at the top of each page.
    heads = row([cell.head for cell in cells], "<w:trPr><w:tblHeader/></w:trPr>")
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{_WIDE}" w:type="dxa"/>'
        f"<w:tblBorders>{borders}</w:tblBorders></w:tblPr><w:tblGrid>{grid}</w:tblGrid>"
        f"{heads}{row([cell.said for cell in cells])}</w:tbl>"
    )
