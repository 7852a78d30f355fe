"""What may be wrong in a statement file, in words, each with what to do; and where it stands."""

from collections.abc import Mapping

from services.payroll.adapters.statement_types import Flaw, Outcome, Refused
from shared.problems import Finding
from shared.tables import Refusal, words
from shared.wording import Text

_EXPORT = Text(
    "请从网银重新导出原始文件，不要手工修改后再上传",
    "Export the file from the bank again, and send it as it is",
)
_CELL = Text("在原文件中更正该单元格后重新上传", "Correct this cell and send the file again")
_YUAN = Text("请以“元”为单位重新导出", "Export the file again with amounts in yuan")
_ONE = Text("每个文件只放一个账户的流水", "Send a file for each account")
_WHOLE = Text(
    "补齐遗漏的流水后重新上传；请勿删改行",
    "Send the file with all its lines; do not take rows out or change them",
)
FLAWS: Mapping[str, tuple[Text, Text]] = {
    "header_missing": (
        Text("未找到流水表头", "No header of a statement was found"),
        Text(
            "表头须含日期、金额（或借贷两列）和余额",
            "It needs columns for the day, the amount (or debit and credit) and the balance",
        ),
    ),
    "columns_missing": (
        Text("表头缺少：{detail}", "The header lacks: {detail}"),
        Text("补上该列，或重新导出", "Add the column, or export the file again"),
    ),
    "balance_missing": (
        Text(
            "没有余额列，又没有期初和期末余额，无法核对是否完整",
            "Without balances, or both opening and closing, nothing shows that it is complete",
        ),
        Text("导出时选上“余额”", "Export it with its balances"),
    ),
    "no_lines": (
        Text("没有流水，也没有余额和起止日期", "No lines, and no balances with their days"),
        _EXPORT,
    ),
    "two_tables": (
        Text("工作表“{detail}”里还有一张流水表", "There is another statement on sheet {detail}"),
        _ONE,
    ),
    "two_accounts": (Text("这里是另一个账户", "This is another account"), _ONE),
    "currency_foreign": (
        Text("币种不是人民币", "The currency is not renminbi"),
        Text("只上传人民币账户的流水", "Send statements of renminbi accounts only"),
    ),
    "amount_in_wan": (Text("金额以万元为单位", "The amounts are in ten thousands"), _YUAN),
    "amount_unreadable": (Text("不是金额", "This is no amount"), _CELL),
    "balance_unreadable": (Text("没有余额", "There is no balance"), _CELL),
    "amount_missing": (Text("没有发生额", "There is no amount"), _CELL),
    "amount_twice": (
        Text("借方和贷方都有金额", "There is both a debit and a credit"),
        _CELL,
    ),
    "amount_too_large": (Text("金额过大", "The amount is too large"), _CELL),
    "not_whole_fen": (
        Text("金额不足一分的部分无法记账", "The amount has less than a fen in it"),
        _YUAN,
    ),
    "formula_uncalculated": (
        Text("公式没有计算结果", "The formula has no value"),
        Text(
            "用表格软件打开并保存一次，或粘贴为数值",
            "Open and save it once in a spreadsheet program, or paste the values",
        ),
    ),
    "cell_error": (Text("单元格是错误值", "The cell holds an error"), _CELL),
    "day_unreadable": (
        Text("不是明确的日期", "This is no unambiguous day"),
        Text("日期写作 2026-01-05", "Write the day as 2026-01-05"),
    ),
    "day_missing": (Text("没有日期", "There is no day"), _CELL),
    "time_unreadable": (
        Text("不是时间", "This is no time of day"),
        Text("时间写作 10:20:30", "Write the time as 10:20:30"),
    ),
    "day_outside_period": (
        Text("文件所写起止日期与流水日期不符", "The lines do not lie in the days that it names"),
        _EXPORT,
    ),
    "flag_unknown": (
        Text("无法识别的借贷标志", "This mark of debit or credit is not known"),
        Text("写“借”或“贷”（收或支）", "Write D or C"),
    ),
    "flag_missing": (
        Text("没有借贷标志", "There is no mark of debit or credit"),
        Text("写“借”或“贷”（收或支）", "Write D or C"),
    ),
    "digits_lost": (
        Text("号码按数字保存，末位已丢失", "The number was kept as a number and lost its end"),
        Text("将该列设为文本后重新导出", "Export it again with this column as text"),
    ),
    "serial_unreadable": (Text("流水号含不允许的字符", "The serial holds other signs"), _CELL),
    "balance_does_not_chain": (
        Text("余额与相邻一笔不衔接", "The balance does not follow from the line beside it"),
        _WHOLE,
    ),
    "lines_out_of_order": (
        Text("日期次序颠倒", "The days do not run in one direction"),
        Text("按记账先后排列后重新上传", "Sort the lines by booking and send it again"),
    ),
    "opening_does_not_chain": (
        Text("期初余额与流水不符", "The opening balance does not fit the lines"),
        _WHOLE,
    ),
    "closing_does_not_chain": (
        Text("期末余额与流水不符", "The closing balance does not fit the lines"),
        _WHOLE,
    ),
    "total_differs": (Text("合计与流水之和不符", "The sum is not that of the lines"), _WHOLE),
    # What is found beside the rows that are here already.
    "account_missing": (
        Text("文件没有写明账号", "The file names no account"),
        Text("上传时填写账号", "Name the account when you send it"),
    ),
    "account_of_another": (
        Text("这不是所填账户的流水", "This is not the statement of the account that was named"),
        Text("核对账号和文件", "Check the account and the file"),
    ),
    "account_unknown": (
        Text("该账户未登记为本来源的专户", "No wage account of this source has this number"),
        Text("先登记专户，或核对文件", "Register the wage account first, or check the file"),
    ),
    "account_of_another_source": (
        Text("该专户由其他来源报送", "Another source sends this account's lines"),
        Text("由登记的来源报送", "Let that source send it, or change the registration"),
    ),
    "day_before_source": (
        Text("该来源在此日期之前不报送", "The source owes no lines for days before its first"),
        Text("从 {detail} 起重新导出", "Export it from {detail} on"),
    ),
    "day_in_future": (
        Text("日期在未来", "This day lies in the future"),
        Text("导出到今天为止", "Export it until today"),
    ),
    "period_too_long": (
        Text("起止日期超过 400 天", "It covers more than 400 days"),
        Text("按年度分成几个文件", "Send a file for each year"),
    ),
    "days_missing": (
        Text("与已收到的流水之间缺少 {detail}", "Between this and what came before lacks {detail}"),
        Text("先上传缺少的日期", "Send the missing days first"),
    ),
    "opening_differs": (
        Text("期初余额与此前流水的期末余额不符", "The opening is not the closing before it"),
        Text("核对是否有遗漏的流水", "Look for lines that were left out"),
    ),
    "closing_differs": (
        Text("期末余额与其后流水的期初余额不符", "The closing is not the opening after it"),
        Text("核对是否有遗漏的流水", "Look for lines that were left out"),
    ),
    "overlap_differs": (
        Text("{detail} 的流水已收到，内容不同", "Lines of {detail} came before and differ"),
        Text("核对两份流水，重新导出该日", "Compare both, and export that day again"),
    ),
    "serial_reused": (
        Text("该流水号已用于内容不同的流水", "This serial came before with another content"),
        Text("核对流水号", "Check the serial"),
    ),
    "day_is_closed": (
        Text("该日已结账，不能再增加流水", "The day is closed; no line can be added"),
        Text("如确需补报请与平台联系", "If something was left out, ask the operators"),
    ),
}


def finding(outcome: Outcome, flaw: Flaw) -> Finding:
    """Give a flaw as people read it: cell, row and column in words, what is wrong, what to do."""
    said, remedy = (text.fill(detail=flaw.detail) for text in FLAWS[flaw.code])
    if outcome.form == "camt053":
        where = f"Ntry[{flaw.row}]" + (f"/{flaw.title}" if flaw.title else "")
        named = Text(f"第 {flaw.row} 笔：{said.zh}", f"Entry {flaw.row}: {said.en}")
        return Finding(where, flaw.code, named, remedy)
    if not flaw.row:
        return Finding("file", flaw.code, said, remedy)
    where_in = (outcome.sheet, flaw.row, flaw.column)
    return words.at(where_in, flaw.code, said, remedy, title=flaw.title)


def findings(outcome: Outcome) -> list[Finding]:
    """Give all flaws of a file."""
    return [finding(outcome, flaw) for flaw in outcome.flaws]


def at_field(outcome: Outcome, code: str, row: int, field: str, detail: str = "") -> Finding:
    """Give a finding at a field's cell of a row, as the file's header places it."""
    column, title = outcome.columns.get(field, (None, ""))
    return finding(outcome, Flaw(code, row, column, title, detail))


def refused(reason: Refused) -> Finding:
    """Give why a file cannot be read at all."""
    return words.refused(Refusal(reason.code, reason.place))
