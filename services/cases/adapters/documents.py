"""Templates of documents, looked at and filled in the sandbox: what areas upload is foreign."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from services.cases.adapters.document_forms import FORMS
from services.cases.rules.documents import (
    FIELDS,
    NEEDED,
    REPEATED,
    DocumentKind,
    From,
    field_of,
    fields_of,
)
from shared import docx, sandbox
from shared.docx import Fault
from shared.problems import Finding
from shared.wording import Text

MOST_BYTES = 2 * 1024 * 1024
_MEMORY_MB, _SECONDS = 256, 30.0

_FAULTS = {
    "no_document": (
        Text("不是 Word 文档（.docx）", "This is no Word document (.docx)"),
        Text("请另存为 .docx 后上传", "Save it as .docx and upload that"),
    ),
    "too_large": (
        Text("文档内容过多", "There is too much in this document"),
        Text("请只保留文书式样本身", "Leave nothing in it but the form"),
    ),
    "broken": (
        Text("文档已损坏", "The document is broken"),
        Text("请用文字处理软件打开并另存", "Open it and save it again"),
    ),
    "encoding": (
        Text("文档的字符编码不受支持", "The document is in another encoding"),
        Text("请用文字处理软件打开并另存", "Open it and save it again"),
    ),
    "declarations": (
        Text("文档含有不安全的声明", "The document declares what it must not"),
        Text("请重新编制", "Make it anew"),
    ),
    "carried": (
        Text("文档带有宏、对象或其他文件：{about}", "It carries programs or objects: {about}"),
        Text("请删除后另存", "Take them out and save it again"),
    ),
    "fetched": (
        Text("文档引用外部内容：{about}", "It fetches something from outside: {about}"),
        Text("请改为文字或嵌入的图片", "Put the text or the picture in itself"),
    ),
    "braces": (
        Text("花括号不成对：{about}", "Braces without their pair: {about}"),
        Text("字段写作 {{名称}}", "A field is written {{name}}"),
    ),
    "outside_table": (
        Text("“{about}”按人重复，须放在表格的一行中", "{about} is repeated: put it in a row"),
        Text("请插入表格，把该字段放在一行里", "Insert a table and put it in a row"),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Looked:
    """An uploaded template: the codes of its fields, and all that is wrong with it."""

    fields: list[str]
    findings: list[Finding]


async def look(content: bytes) -> Looked:
    """Look at a foreign template; what cannot be read at all is a finding."""
    try:
        found = await sandbox.run(
            docx.look, content, REPEATED, memory_mb=_MEMORY_MB, seconds=_SECONDS
        )
    except sandbox.SandboxRefused:
        return Looked([], [_fault(Fault("broken", ""))])
    findings = [_fault(one) for one in found.faults]
    fields = fields_of(found.fields)
    if findings and not found.fields:
        return Looked([], findings)
    findings += [_unknown(name) for name in found.fields if field_of(name) is None]
    findings += _lacking({one.code for one in fields})
    return Looked([one.code for one in fields], findings)


def _fault(fault: Fault) -> Finding:
    said, remedy = _FAULTS[fault.code]
    about = fault.about
    return Finding("file", fault.code, _filled(said, about), remedy)


def _filled(said: Text, about: str) -> Text:
    return Text(said.zh.replace("{about}", about), said.en.replace("{about}", about))


def _unknown(name: str) -> Finding:
    near = "、".join(one.name for one in FIELDS if one.source is not From.LINE)
    return Finding(
        f"file.{{{{{name}}}}}",
        "field_unknown",
        Text(f"没有字段“{name}”", f"There is no field {name}"),
        Text(f"可用字段：{near}", "The list of fields says which there are"),
    )


def _lacking(used: set[str]) -> Iterator[Finding]:
    for one in FIELDS:
        if one.code in NEEDED and one.code not in used:
            yield Finding(
                f"file.{{{{{one.name}}}}}",
                "field_needed",
                Text(f"模板缺少必备字段“{one.name}”", f"The template lacks the field {one.code}"),
                Text(f"请加入 {{{{{one.name}}}}}", f"Put {{{{{one.code}}}}} in"),
            )


@cache
def own_form(kind: DocumentKind) -> bytes:
    """Give the form that the platform brings along."""
    return docx.write(FORMS[kind])


async def fill(content: bytes, values: dict[str, str], rows: list[dict[str, str]]) -> bytes:
    """Make a document from a template; values and rows go by the codes of fields.

    Raises sandbox.SandboxRefused, which no template that was looked at does.
    """
    return await sandbox.run(
        docx.fill, content, _named(values), [_named(row) for row in rows], REPEATED,
        memory_mb=_MEMORY_MB, seconds=_SECONDS,
    )  # fmt: skip


def _named(values: dict[str, str]) -> dict[str, str]:
    """Give values by each name of their fields."""
    names = {one.code: one.name for one in FIELDS}
    return values | {names[code]: value for code, value in values.items()}
