"""What people write into lists of workers beside the titles: nothing, marks, notes, groups."""

import re

from shared.tables import headers

NOTHING = frozenset({
    "", "-", "--", "---", "—", "——", "－", "/", "\\", "无", "null", "none", "n/a", "N/A", "*",
})  # fmt: skip
OPENS_SUM = headers.opening((*headers.TOTALS, "大写", "金额大写", "人民币大写", "本班组合计"))
CLOSES_SUM = re.compile(r"(?:小计|合计|总计|共计)[:：]?(?:\(.*\))?$")
CAPITALS = re.compile(r"大写|[零壹贰叁肆伍陆柒捌玖拾佰仟]{2,}.*[元圆]")
"""A row that says a sum in the letters of cheques."""
NOTE = re.compile(
    r"(?:制表|审核|复核|审批|填表|填报|编制|负责人|项目负责|经办|签字|签章|盖章|项目经理|劳资|会计|出纳"
    r"|备注|说明|附注|注|打印|制单|核准|批准|主管|校对|监督|承诺|声明|特此|以上|本表|此表|公示|班组长|单位"
    r"|联系|日期|图例|符号|第\d+页|共\d+页|page)",
    re.IGNORECASE,
)
"""How rows of notes and signatures begin."""
SECTION = re.compile(r".{1,20}(?:班组|班|队|组|工区|标段)(?:[:：].*)?$")
"""A row that only names the crew of the rows below it."""
PERSON = re.compile(
    r"[一-龥〇㐀-䶿𠀀-𪛟]{2,4}|[一-龥]+[·•・][一-龥·•・]+|[A-Za-z][A-Za-z .'-]{2,40}"
)
"""What looks like somebody's name."""
WEEKDAYS = frozenset("日一二三四五六") | frozenset(
    f"{before}{day}" for before in ("周", "星期") for day in "日一二三四五六天"
)
ADDED = re.compile(r"应发|应得|应付|加项|收入|增项|earning", re.IGNORECASE)
TAKEN = re.compile(r"扣|减项|代缴|deduct", re.IGNORECASE)
"""Titles of groups of columns, and of columns that no field claims."""
ADDS = re.compile(r"(?:工资|补贴|补助|津贴|奖|补发|加班费|提成|薪)$")
IDENTITIES = {
    "01": ("居民身份证", "身份证", "二代身份证", "居民身份证(户口簿)", "中国居民身份证"),
}
"""Types of identity whose numbers have a check digit."""
MOBILE = re.compile(r"(?:\+?86-?)?1[3-9]\d{9}", re.ASCII)
PHONE = re.compile(r"(?:0\d{2,3}-?)?\d{7,8}", re.ASCII)
OTHER_IDENTITY = re.compile(
    r"[A-Z]{1,2}\d{7,9}|[HM]\d{8,10}|\d{8}(?:\d{2})?|[A-Z]{3}\d{12}|8[123]0000\d{11}[\dX]", re.ASCII
)
"""Passports, passes of Hong Kong, Macau and Taiwan, permits of foreigners."""
POWER = re.compile(r"-?\d(?:\.\d+)?E\+?\d+", re.ASCII | re.IGNORECASE)
"""A long number as a spreadsheet shows it in a narrow cell: its digits are gone."""
