"""Why a file cannot be read, in words, with what to do; and findings at cells.

Only the parent needs these: the child that reads gives codes and places.
"""

from collections.abc import Mapping

from shared.problems import Finding
from shared.tables.cells import Refusal, column_name, place
from shared.wording import Text

_EXPORT = Text(
    "请从网银重新导出，或在表格软件中“另存为”xlsx 后再上传",
    "Export it again, or save it as xlsx in a spreadsheet program, and send that",
)
REFUSALS: Mapping[str, tuple[Text, Text]] = {
    "empty": (Text("文件是空的", "The file is empty"), _EXPORT),
    "encrypted": (
        Text("文件设有密码", "The file is behind a password"),
        Text("取消密码后重新上传", "Take the password off and send it again"),
    ),
    "truncated": (
        Text("文件不完整或已损坏", "The file is cut off or damaged"),
        Text("重新下载或导出后再上传", "Download or export it again and send that"),
    ),
    "bomb": (
        Text("文件解压后过大", "The file unpacks to more than is read"),
        Text("删去无关的工作表和空行，或分成几个文件", "Leave out other sheets, or split it"),
    ),
    "too_large": (
        Text("文件过大，超出 {limit} MB", "The file is larger than {limit} MB"),
        Text("按月份或账户分成几个文件上传", "Split it by month or account and send the parts"),
    ),
    "too_wide": (
        Text("表格列数超出 400", "The table has more than 400 columns"),
        Text("只保留需要的列", "Keep the columns that are needed"),
    ),
    "too_many_rows": (
        Text("数据超出 5 万行", "There are more than 50,000 rows of data"),
        Text("按班组或月份分成几个文件上传", "Split it by crew or month and send the parts"),
    ),
    "too_hard": (
        Text("文件在时间和内存限制内无法读取", "The file could not be read within the limits"),
        Text("分成几个文件，或另存为 xlsx 后上传", "Split it, or save it as xlsx and send that"),
    ),
    "encoding_unknown": (
        Text("文字编码既非 UTF-8 也非 GB18030", "The text is neither UTF-8 nor GB18030"),
        _EXPORT,
    ),
    "quotes_open": (
        Text("此处之后的引号没有配对", "A quotation mark is not closed after this place"),
        _EXPORT,
    ),
    "workbook_broken": (
        Text("工作簿内部结构有误", "The inside of the workbook is broken"),
        _EXPORT,
    ),
    "xml_hostile": (
        Text("文件含有不允许的 XML 声明", "The file holds declarations that are not allowed"),
        _EXPORT,
    ),
    "lost": (
        Text("原文件已无法取出", "The kept file cannot be given out any more"),
        Text("请重新上传", "Send it again"),
    ),
    "pdf": (Text("这是 PDF，不是表格", "This is a PDF, not a table"), _EXPORT),
    "picture": (Text("这是图片，不是表格", "This is a picture, not a table"), _EXPORT),
    "archive": (
        Text("这是压缩包", "This is an archive"),
        Text("解压后上传其中的表格", "Unpack it and send the table inside"),
    ),
    "xml": (Text("这种 XML 不是表格", "This kind of XML is not a table"), _EXPORT),
    "unknown": (Text("无法识别的文件类型", "The kind of file is not known"), _EXPORT),
}


def refused(refusal: Refusal, **values: object) -> Finding:
    """Give a refusal as a finding; its place is the file, unless a cell is known."""
    detail, remedy = REFUSALS[refusal.code]
    return Finding(refusal.place or "file", f"file_{refusal.code}", detail.fill(**values), remedy)


def printed(finding: Finding) -> dict[str, str]:
    """Give a finding as `services read` prints it, in both languages."""
    said = {"place": finding.place, "code": finding.code}
    said |= {"zh": finding.detail.zh, "en": finding.detail.en}
    if finding.remedy:
        said |= {"remedy_zh": finding.remedy.zh, "remedy_en": finding.remedy.en}
    return said


def at(
    where: tuple[str, int, int | None], code: str, said: Text, remedy: Text, *, title: str = ""
) -> Finding:
    """Give a finding at a cell of (sheet, row, column): its place, and row and column in words."""
    sheet, row, column = where
    if column is None:
        said_where = Text(f"第 {row} 行：", f"Row {row}: ")
    else:
        name = f"{column_name(column)} 列" + (f"（{title}）" if title else "")
        english = f"column {column_name(column)}" + (f" ({title})" if title else "")
        said_where = Text(f"第 {row} 行 {name}：", f"Row {row}, {english}: ")
    detail = Text(said_where.zh + said.zh, said_where.en + said.en)
    return Finding(place(sheet, row, column), code, detail, remedy)
