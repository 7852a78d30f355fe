"""Templates of documents: fields are found however they were split; nothing foreign is taken."""

import io
import zipfile
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import docx, sandbox
from shared.docx import Block, Cell, Fault, Paragraph, Table

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
RELATION = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r" Type="{kind}" Target="http://x.example/a" TargetMode="External"/>'
    "</Relationships>"
)


def packed(body: str, **parts: str | bytes) -> bytes:
    """Give a document with a body, and with further parts by their names."""
    document = (
        f'<?xml version="1.0"?><w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>'
    )
    return zipped({"[Content_Types].xml": TYPES, "word/document.xml": document, **parts})


def zipped(parts: dict[str, str | bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, said in parts.items():
            archive.writestr(name, said)
    return file.getvalue()


def runs(*texts: str) -> str:
    return "".join(f'<w:r><w:rPr><w:b/></w:rPr><w:t a=">">{one}</w:t></w:r>' for one in texts)


def paragraph(*texts: str) -> str:
    return f"<w:p>{runs(*texts)}</w:p>"


def said(content: bytes, part: str = "word/document.xml") -> list[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        root = ET.fromstring(archive.read(part))  # noqa: S314 -- as above
    says = {f"{{{W}}}t": None, f"{{{W}}}br": "\n"}
    return [
        "".join(says[each.tag] or each.text or "" for each in one.iter() if each.tag in says)
        for one in root.iter(f"{{{W}}}p")
    ]


@given(cuts=st.sets(st.integers(1, 20)))
def test_a_field_is_found_and_filled_however_its_letters_are_split(cuts: set[int]) -> None:
    text = "致{{ 送达对象 }}，共{{owed}}元&amp;"
    at = [0, *sorted(one for one in cuts if one < len(text) - 5), len(text)]
    content = packed(paragraph(*(text[a:b] for a, b in pairwise(at))))
    assert docx.look(content, []) == docx.Found(["送达对象", "owed"], [])
    filled = docx.fill(content, {"送达对象": "甲<乙>", "owed": "5.00"}, [], [])
    [words] = said(filled)
    assert words == "致甲<乙>，共5.00元&"
    # Whatever stands beside the text is as it was.
    with zipfile.ZipFile(io.BytesIO(filled)) as archive:
        document = archive.read("word/document.xml").decode()
    assert document.count("<w:rPr><w:b/></w:rPr>") == len(at) - 1
    assert docx.fill(content, {"送达对象": "甲<乙>", "owed": "5.00"}, [], []) == filled


def test_rows_repeat_headers_are_filled_and_lines_stay_lines() -> None:
    head = f'<w:hdr xmlns:w="{W}">{paragraph("{{number}}")}</w:hdr>'
    made = docx.write([
        Paragraph(Block.TITLE, "致{{addressee}}"),
        Table((Cell("姓名", "{{name}}", 2), Cell("案号", "{{number}}", 1))),
    ])  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        parts: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    content = zipped(parts | {"word/header1.xml": head})
    values = {"addressee": "甲\n乙\x01", "number": "1号"}
    filled = docx.fill(content, values, [{"name": "张"}, {"name": "李"}], ["name"])
    assert said(filled) == ["致甲\n乙", "姓名", "案号", "张", "1号", "李", "1号"]
    assert said(filled, "word/header1.xml") == ["1号"]
    assert said(docx.fill(content, values, [], ["name"])) == ["致甲\n乙", "姓名", "案号"]


@pytest.mark.parametrize(
    ("content", "faults"),
    [
        (b"", [Fault("no_document", "")]),
        (b"PK\x03\x04 nothing", [Fault("no_document", "")]),
        (zipped({"xl/workbook.xml": "<x/>"}), [Fault("no_document", "")]),
        (packed("<w:p>"), [Fault("broken", "")]),
        (packed(paragraph("{{a}} {{b")), [Fault("braces", "{{a}} {{b")]),
        (packed(paragraph("{{row}}")), [Fault("outside_table", "row")]),
        (packed("", **{"word/vbaProject.bin": "x"}), [Fault("carried", "word/vbaProject.bin")]),
        (packed("", **{"word/oleObject1.bin": "x"}), [Fault("carried", "word/oleObject1.bin")]),
        (
            packed("", **{"word/_rels/x.xml.rels": RELATION.format(kind="x/attachedTemplate")}),
            [Fault("fetched", "word/_rels/x.xml.rels")],
        ),
        (packed("", **{"word/_rels/document.xml.rels": RELATION.format(kind="x/hyperlink")}), []),
        (
            packed("<w:p><w:r><w:instrText>DDEAUTO c:\\\\x</w:instrText></w:r></w:p>"),
            [Fault("fetched", "DDEAUTO c:\\\\x")],
        ),
        (
            packed('<w:p><w:fldSimple w:instr=" INCLUDEPICTURE http://x "/></w:p>'),
            [Fault("fetched", "INCLUDEPICTURE http://x")],
        ),
        (packed("<w:p><w:fldSimple w:instr='PAGE'/></w:p>"), []),
        (
            zipped({"[Content_Types].xml": TYPES, "word/document.xml":
                    '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}),
            [Fault("declarations", "")],
        ),
        (
            zipped({"[Content_Types].xml": TYPES,
                    "word/document.xml": "<a/>".encode("utf-16")}),
            [Fault("encoding", "")],
        ),
        (packed("", **{f"word/{n}.xml": "" for n in range(500)}), [Fault("too_large", "")]),
        (packed("", **{"word/media/a.png": b"\0" * (33 << 20)}), [Fault("too_large", "")]),
    ],
)  # fmt: skip
def test_what_is_no_template_or_carries_more_says_so(content: bytes, faults: list[Fault]) -> None:
    assert docx.look(content, ["row"]).faults == faults


async def test_both_are_done_in_the_sandbox() -> None:
    content = packed(paragraph("{{", "a}}"))
    found = await sandbox.run(docx.look, content, ["row"], memory_mb=128, seconds=20.0)
    assert found == docx.Found(["a"], [])
    filled = await sandbox.run(
        docx.fill, content, {"a": "甲"}, [], ["row"], memory_mb=128, seconds=20.0
    )
    assert said(filled) == ["甲"]
