"""What each check of a payroll sheet says to people, and what to do; pure."""

from collections.abc import Mapping

from services.payroll.rules.sheet_checks import Check
from shared.wording import Text

_COMPARE = Text("请核对后修改，再上传新版本", "Compare, correct, and send a new version")
_ROSTER = Text(
    "请先办理实名登记，再重新检查本表", "Register the worker first, then check the sheet again"
)
_CARD = Text(
    "请核对卡号；换卡的先登记本人新卡", "Check the card; a new one of the worker is entered first"
)

WORDS: Mapping[Check, tuple[Text, Text]] = {
    Check.NET_DIFFERS: (
        Text("应发减扣款不等于实发", "Gross less deductions is not net"),
        _COMPARE,
    ),
    Check.ITEMS_DIFFER: (
        Text("各明细项之和与合计不符", "The items do not add up to their sum"),
        _COMPARE,
    ),
    Check.PERSON_TWICE: (
        Text("同一证件号在本表出现多次", "One ID number stands in the sheet more than once"),
        Text("请合并为一行，或更正证件号", "Put it on one line, or correct the number"),
    ),
    Check.CARD_TWICE: (
        Text("同一卡号用于两人", "One card stands for two persons"),
        Text("工资须发到本人卡，请更正卡号", "Wages go to one's own card; correct it"),
    ),
    Check.PERSON_ELSEWHERE: (
        Text("此人已在本项目同月另一张表中", "The person is on another sheet of this month"),
        Text("请确认是否重复发放", "Make sure that nobody is paid twice"),
    ),
    Check.CARD_ELSEWHERE: (
        Text(
            "此卡在同月另一张表中用于他人", "Another sheet of this month has the card for another"
        ),
        _CARD,
    ),
    Check.CARD_MISSING: (
        Text("没有银行卡号", "There is no card number"),
        Text("请补充本人银行卡号", "Fill in the worker's own card"),
    ),
    Check.CARD_NOT_OWN: (
        Text("卡号不是实名登记的本人卡", "The card is not the worker's own on the roster"),
        _CARD,
    ),
    Check.CARD_UNKNOWN: (
        Text("花名册没有此人的银行卡", "The roster knows no card of this worker"),
        Text("请在花名册登记本人银行卡", "Enter the worker's own card on the roster"),
    ),
    Check.NAME_DIFFERS: (
        Text("姓名与实名登记不一致", "The name is not that of the roster"),
        _COMPARE,
    ),
    Check.NOT_ON_ROSTER: (
        Text("此人不在本项目花名册", "The person is not on the project's roster"),
        _ROSTER,
    ),
    Check.NO_CONTRACT: (
        Text("没有登记劳动合同", "No labour contract is entered"),
        Text("请补登劳动合同或用工协议", "Enter the contract or the agreement"),
    ),
    Check.OUTSIDE_STAY: (
        Text("此人本月不在场", "The worker was not on the site in this month"),
        Text("请核对进退场日期和所属月份", "Check entry, exit and the month"),
    ),
    Check.ATTENDANCE_UNKNOWN: (
        Text(
            "本项目该月考勤未报或未报全，未与考勤核对",
            "Attendance of this month was not told, or not all of it: nobody is held to it",
        ),
        Text("请上传考勤表或恢复考勤机报送，再重新校验", "Send the attendance, then check anew"),
    ),
    Check.PAID_WITHOUT_ATTENDANCE: (
        Text("有工资但本月无考勤", "Paid without attendance in this month"),
        Text("请补报考勤或说明原因", "Send the attendance, or say why"),
    ),
    Check.ATTENDED_WITHOUT_PAY: (
        Text("有考勤但不在工资表中", "Attended and is on no sheet"),
        Text("请补上此人工资，或说明已另表发放", "Add the worker, or say where he is paid"),
    ),
    Check.DAYS_DIFFER: (
        Text("出勤天数与考勤不符", "The days are not those of the attendance"),
        Text("请核对考勤", "Compare it with the attendance"),
    ),
    Check.DAYS_IMPOSSIBLE: (
        Text("天数超出当月天数或为负", "More days than the month has, or fewer than none"),
        _COMPARE,
    ),
    Check.BELOW_MINIMUM: (
        Text("低于当地最低工资（按天折算）", "Below the local minimum wage, pro rata by days"),
        Text("请核对天数和金额", "Check days and amount"),
    ),
    Check.IMPLAUSIBLE_AMOUNT: (
        Text("金额异常偏高", "The amount is too high to be likely"),
        Text("请核对单位（元、万元）和小数点", "Check the unit and the decimal point"),
    ),
    Check.AMOUNT_NEGATIVE: (
        Text("金额为负", "The amount is negative"),
        _COMPARE,
    ),
    Check.DEDUCTIONS_HIGH: (
        Text("扣款占应发比例过高", "The deductions are too large a share of gross"),
        Text("请核对扣款依据", "Check on what ground it is deducted"),
    ),
    Check.TOTAL_DIFFERS: (
        Text("合计与各行之和不符", "The total is not the sum of its rows"),
        Text("请核对合计行和漏行", "Check the total, and whether a row is missing"),
    ),
    Check.PERIOD_DIFFERS: (
        Text("表内月份与所报月份不符", "The sheet names another month than was sent"),
        Text("请更正月份，或把本表移到正确月份", "Correct it, or move the sheet to its month"),
    ),
    Check.PERIOD_AHEAD: (
        Text("所属月份尚未到来", "The month lies in the future"),
        Text("请更正月份", "Correct the month"),
    ),
    Check.PERIOD_OLD: (
        Text("所属月份过早", "The month lies long ago"),
        Text("请确认是否补报", "Make sure that it is meant"),
    ),
    Check.PROJECT_DIFFERS: (
        Text("表内项目名称与本项目不符", "The sheet names another project"),
        Text("请核对是否传错项目", "Make sure that it belongs to this project"),
    ),
}
