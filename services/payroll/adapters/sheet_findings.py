"""What may be wrong in a list of workers, in words, each with what to do; and where it stands."""

from collections.abc import Mapping

from services.payroll.adapters.sheet_types import Flaw
from services.payroll.adapters.worker_words import words as titles
from shared.problems import Finding
from shared.tables import words
from shared.wording import Text

_CELL = Text("请更正该单元格后重新上传", "Correct this cell and send the file again")
_TEXT = Text(
    "请将该列设为文本格式，对照证件或银行卡重新填写",
    "Set the column to text and type the number again from the document",
)
_ADDS_UP = Text("请核对各项金额与合计", "Check the items and their sum")
FLAWS: Mapping[str, tuple[Text, Text]] = {
    "header_missing": (
        Text("未找到表头", "No header was found"),
        Text(
            "表头须有姓名、身份证号码等列名；可下载模板对照，或手工指定各列",
            "It needs titles such as name and ID number; compare the template, or map columns",
        ),
    ),
    "no_rows": (
        Text("表头下没有数据行", "There are no rows below the header"),
        Text("请从表头下一行开始填写", "Fill in from the row below the header on"),
    ),
    "column_missing": (
        Text("缺少必需的列“{detail}”", "The required column {field} is missing"),
        Text("请补上该列，或手工指定各列", "Add the column, or map it by hand"),
    ),
    "column_advised": (
        Text("没有“{detail}”列", "There is no column {field}"),
        Text("建议补上该列，便于核对", "Add it, so that more can be checked"),
    ),
    "column_twice": (
        Text("“{detail}”出现两列", "Two columns claim {field}"),
        Text("请只保留一列，或手工指定", "Keep one of them, or map it by hand"),
    ),
    "two_tables": (
        Text("并排放了两张表", "Two tables stand side by side"),
        Text("请上下排列，或分到不同工作表", "Put one below the other, or on sheets of their own"),
    ),
    "columns_unknown": (
        Text("有 {detail} 列未识别，未读取", "{detail} columns are not known and were not read"),
        Text("如属工资项目请手工指定", "Map them by hand if they hold sums of wages"),
    ),
    "sheet_hidden": (
        Text("隐藏的工作表里有名单，未读取", "A hidden sheet holds such a list; it was not read"),
        Text("如需计入请取消隐藏，否则请删除", "Show the sheet if it counts, or take it out"),
    ),
    "sheet_unread": (
        Text("该工作表没有此类名单，未读取", "This sheet holds no such list and was not read"),
        Text("如应读取请核对表头", "Check its header if it should be read"),
    ),
    "file_macros": (
        Text("文件带有宏，没有运行", "The file carries macros; they were not run"),
        Text("请确认各单元格的值是最新的", "Make sure that its cells hold what they should"),
    ),
    "file_links": (
        Text(
            "文件引用了其他文件，按上次保存的值读取",
            "The file takes values from other files; those last saved were read",
        ),
        Text("请核对后将引用粘贴为数值", "Check them, and paste the values themselves"),
    ),
    "period_differs": (
        Text("所属月份与 {detail} 不一致", "This month is not {detail}"),
        Text("每个文件只放一个月份，请核对", "Send a file for each month; check which it is"),
    ),
    "name_missing": (Text("姓名为空", "The name is empty"), Text("请填写姓名", "Fill it in")),
    "name_unreadable": (
        Text("不是姓名", "This is no name"),
        Text("姓名按身份证填写，不含数字和符号", "Write the name as on the identity card"),
    ),
    "id_missing": (
        Text("身份证号码为空", "The ID number is empty"),
        Text("请填写证件号码", "Fill it in"),
    ),
    "id_shape": (
        Text("不是18位身份证号码", "This is no ID number of 18 signs"),
        Text("对照证件更正；其他证件请加“证件类型”列", "Correct it; other IDs need their type"),
    ),
    "id_old": (
        Text("15位身份证号码已停用", "ID numbers of 15 digits are out of use"),
        Text("请填写18位号码", "Write the number of 18 signs"),
    ),
    "id_birth": (
        Text("身份证号码中的出生日期不存在", "The day of birth in the ID number does not exist"),
        _TEXT,
    ),
    "id_check_digit": (
        Text("身份证号码校验位不符", "The check digit of the ID number is wrong"),
        _TEXT,
    ),
    "id_other": (
        Text("似为其他证件", "This seems to be another kind of ID"),
        Text("请加“证件类型”列注明", "Add a column with its type"),
    ),
    "digits_lost": (
        Text("长号码以数值格式保存，末位已丢失", "A long number kept as a number lost its end"),
        _TEXT,
    ),
    "card_missing": (
        Text("银行卡号为空", "The card number is empty"),
        Text("请填写本人银行卡号", "Fill in the worker's own card"),
    ),
    "card_unreadable": (Text("不是银行卡号", "This is no card number"), _TEXT),
    "card_suspect": (
        Text("银行卡号校验位不符", "The check digit of the card is wrong"),
        Text("请对照银行卡核对", "Check it against the card"),
    ),
    "holder_differs": (
        Text("户名与姓名不同", "The account's holder is not this worker"),
        Text("工资须付至本人银行卡", "Wages go to the worker's own card"),
    ),
    "phone_suspect": (
        Text("不是常见的手机号码", "This is no usual mobile number"),
        Text("请核对", "Check it"),
    ),
    "person_twice": (
        Text("此人与第 {detail} 行重复", "This person is in row {detail} already"),
        Text("请合并为一行，或删去重复行", "Put both in one row, or take one out"),
    ),
    "card_twice": (
        Text("银行卡号与第 {detail} 行的他人相同", "Another person in row {detail} has this card"),
        Text("工资须付至本人银行卡", "Wages go to the worker's own card"),
    ),
    "amount_unreadable": (
        Text("不是可识别的金额", "This is no amount that can be read"),
        Text("请填写数字，如 1200.00", "Write a number like 1200.00"),
    ),
    "amount_too_fine": (
        Text("金额超过两位小数", "The amount has more than two decimals"),
        Text("请四舍五入到分", "Round it to the fen"),
    ),
    "amount_too_large": (Text("金额过大", "The amount is too large"), _CELL),
    "amount_negative": (Text("不应为负数", "This cannot be negative"), _CELL),
    "deduction_negative": (
        Text("为负数", "This is negative"),
        Text("扣款请填正数", "Write what is taken off as a positive number"),
    ),
    "unit_mixed": (
        Text("单元格写“元”，表头却以更大的单位计", "It says yuan under a larger unit"),
        Text("请核对后只写数字", "Check it and write the number alone"),
    ),
    "net_missing": (Text("实发金额为空", "The net pay is empty"), Text("请填写", "Fill it in")),
    "gross_missing": (
        Text("应发金额为空", "The gross pay is empty"),
        Text("请填写", "Fill it in"),
    ),
    "net_differs": (
        Text("实发不等于应发减扣款", "The net pay is not the gross pay less its deductions"),
        _ADDS_UP,
    ),
    "gross_differs": (
        Text("应发不等于各项之和", "The gross pay is not the sum of its items"),
        _ADDS_UP,
    ),
    "deductions_differ": (
        Text("扣款合计不等于各项扣款之和", "The deductions are not the sum of their items"),
        _ADDS_UP,
    ),
    "total_differs": (
        Text("合计与各行之和不符", "The sum is not that of the rows"),
        Text("请核对有无漏行或改动", "Look for rows that were left out or changed"),
    ),
    "count_unreadable": (
        Text("不是可识别的数目", "This is no count that can be read"),
        Text("请填写数字，如 26 或 26.5", "Write a number like 26 or 26.5"),
    ),
    "count_too_fine": (Text("超过两位小数", "It has more than two decimals"), _CELL),
    "days_too_many": (
        Text("出勤超过一个月的天数", "These are more days than a month has"),
        Text("请核对", "Check it"),
    ),
    "days_differ": (
        Text("合计天数与逐日考勤不符", "The days do not come to this sum"),
        Text("请核对逐日记录", "Check the days"),
    ),
    "mark_unknown": (
        Text("无法识别的考勤符号", "This mark of attendance is not known"),
        Text(
            "请写 √、0.5、休，或在表下注明符号含义",
            "Write √, 0.5 or 休, or say below the table what the mark means",
        ),
    ),
    "day_unreadable": (
        Text("不是明确的日期", "This is no unambiguous day"),
        Text("日期写作 2026-01-05", "Write the day as 2026-01-05"),
    ),
    "month_unreadable": (
        Text("不是明确的月份", "This is no unambiguous month"),
        Text("月份写作 2026-03", "Write the month as 2026-03"),
    ),
    "formula_uncalculated": (
        Text("公式没有计算结果", "The formula has no value"),
        Text(
            "用表格软件打开并保存一次，或粘贴为数值",
            "Open and save it once in a spreadsheet program, or paste the values",
        ),
    ),
    "formula_text": (
        Text("文字以 = + - @ 开头", "The text begins like a formula"),
        Text("请改为普通文字", "Write plain text"),
    ),
    "cell_error": (Text("单元格是错误值", "The cell holds an error"), _CELL),
    "too_long": (
        Text("内容超过200字", "This is longer than 200 characters"),
        Text("请缩短", "Shorten it"),
    ),
}  # fmt: skip


def finding(flaw: Flaw) -> Finding:
    """Give a flaw as people read it: cell, row and column in words, what is wrong, what to do."""
    detail = flaw.detail
    if not detail and flaw.code.startswith("column_"):
        detail = titles(flaw.field)[0]
    said, remedy = (text.fill(detail=detail, field=flaw.field) for text in FLAWS[flaw.code])
    if not flaw.row:
        return Finding("file", flaw.code, said, remedy)
    where = (flaw.sheet, flaw.row, flaw.column)
    return words.at(where, flaw.code, said, remedy, title=flaw.title)
