"""Why a file cannot be read, in words, with what to do; and findings at cells.

Only the parent needs these: the child that reads gives codes and places.
"""

from collections.abc import Mapping

from shared.problems import Finding
from shared.tables.cells import Refusal, column_name, place
from shared.wording import Text

_EXPORT = Text(
    "请重新导出，或在表格软件中打开并“另存为”xlsx 后再上传",
    "Export it again, or open it in a spreadsheet program, save it as xlsx, and send that",
)
_TABLE = Text(
    "请上传原表格文件（xlsx、xls 或 csv），不要截图、拍照或转换格式",
    "Send the table's own file (xlsx, xls or csv), no picture, scan or converted copy of it",
)
REFUSALS: Mapping[str, tuple[Text, Text]] = {
    "empty": (
        Text("文件是空的", "The file is empty"),
        Text(
            "请打开原文件看是否有内容，保存后再上传",
            "Open it to see whether there is anything in it, save it, and send that",
        ),
    ),
    "encrypted": (
        Text("文件设有密码", "The file is behind a password"),
        Text(
            "请用密码打开，取消密码并保存后再上传",
            "Open it with its password, take that off, save it, and send that",
        ),
    ),
    "truncated": (
        Text("文件不完整或已损坏", "The file is cut off or damaged"),
        Text(
            "请确认原文件能打开，重新下载或另存后再上传",
            "Make sure that it opens; download it or save it anew, and send that",
        ),
    ),
    "bomb": (
        Text("文件解压后过大", "The file unpacks to more than is read"),
        Text(
            "请删去无关的工作表、图片和空行，或分成几个文件",
            "Leave out other sheets, pictures and empty rows, or split it",
        ),
    ),
    "too_large": (
        Text("文件过大，超出 {limit} MB", "The file is larger than {limit} MB"),
        Text("请分成几个文件上传", "Split it and send the parts"),
    ),
    "too_wide": (
        Text("表格列数超出 400", "The table has more than 400 columns"),
        Text("请只保留需要的列", "Keep the columns that are needed"),
    ),
    "too_many_rows": (
        Text("数据超出 5 万行", "There are more than 50,000 rows of data"),
        Text("请按班组或月份分成几个文件上传", "Split it by crew or month and send the parts"),
    ),
    "too_hard": (
        Text("文件在时间和内存限制内无法读取", "The file could not be read within the limits"),
        Text("请分成几个文件，或另存为 xlsx 后上传", "Split it, or save it as xlsx and send that"),
    ),
    "encoding_unknown": (
        Text(
            "文字编码既非 UTF-8 也非 GB18030，或夹有乱码",
            "The text is neither UTF-8 nor GB18030, or damaged",
        ),
        _EXPORT,
    ),
    "quotes_open": (
        Text("引号没有配对，其后各行无法分开", "A quotation mark is not closed: rows run together"),
        Text(
            "请删去多余的引号，或在表格软件中另存为 xlsx 后再上传",
            "Take the odd quotation mark out, or save it as xlsx and send that",
        ),
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
    "pdf": (Text("这是 PDF，不是表格", "This is a PDF, not a table"), _TABLE),
    "picture": (Text("这是图片，不是表格", "This is a picture, not a table"), _TABLE),
    "document": (
        Text("这是文字文档或演示文稿，不是表格", "This is a document or slides, not a table"),
        Text(
            "请把其中的表格复制到表格软件，另存为 xlsx 后上传",
            "Copy its table into a spreadsheet program, save it as xlsx, and send that",
        ),
    ),
    "archive": (
        Text("这是压缩包", "This is an archive"),
        Text("请解压后上传其中的表格", "Unpack it and send the table inside"),
    ),
    "other_table": (
        Text("这种表格格式不能直接读取", "Tables in this format are not read"),
        Text(
            "请在表格软件中打开并“另存为”xlsx 后再上传",
            "Open it in a spreadsheet program, save it as xlsx, and send that",
        ),
    ),
    "xml": (Text("这种 XML 不是表格", "This kind of XML is not a table"), _EXPORT),
    "unknown": (Text("无法识别的文件类型", "The kind of file is not known"), _TABLE),
}


def refused(refusal: Refusal, **values: object) -> Finding:
    """Give a refusal as a finding; its place is the file, unless a cell is known."""
    detail, remedy = REFUSALS[refusal.code]
    detail = detail.fill(**values)
    if refusal.place:
        row = refusal.place.isdecimal()
        zh, en = (f"第 {refusal.place} 行", f"Row {refusal.place}") if row else (refusal.place,) * 2
        detail = Text(f"{zh}：{detail.zh}", f"{en}: {detail.en}")
    return Finding(refusal.place or "file", f"file_{refusal.code}", detail, remedy)


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
