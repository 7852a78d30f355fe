"""Code tables of people on a site, as MOHURD's data standard names them (2018; re-check); pure."""

from collections.abc import Mapping
from enum import StrEnum

from shared.wording import Text


class IdType(StrEnum):
    """The type of a person's document."""

    RESIDENT = "01"
    OFFICER = "02"
    ARMED_POLICE = "03"
    SOLDIER = "04"
    RETIRED_MILITARY = "05"
    DISABLED = "06"
    DISABLED_SOLDIER = "07"
    PASSPORT = "08"
    HK_MACAU_RETURN = "09"
    HK_MACAU_PASS = "10"  # noqa: S105  a pass to travel, and no word that opens anything
    HK_MACAU_EXIT_PASS = "11"  # noqa: S105  as above
    TAIWAN_PASS = "12"  # noqa: S105  as above
    MAINLAND_TO_TAIWAN = "13"
    DIPLOMAT = "14"
    CONSULATE = "15"
    SEAMAN = "16"
    HONG_KONG = "17"


ID_TYPES: Mapping[str, Text] = {
    IdType.RESIDENT: Text("居民身份证", "resident ID"),
    IdType.OFFICER: Text("军官证", "officer"),
    IdType.ARMED_POLICE: Text("武警警官证", "armed police"),
    IdType.SOLDIER: Text("士兵证", "soldier"),
    IdType.RETIRED_MILITARY: Text("军队离退休干部证", "retired military"),
    IdType.DISABLED: Text("残疾人证", "disabled"),
    IdType.DISABLED_SOLDIER: Text("残疾军人证", "disabled soldier"),
    IdType.PASSPORT: Text("护照", "passport"),
    IdType.HK_MACAU_RETURN: Text("港澳居民来往内地通行证", "HK/Macau return permit"),
    IdType.HK_MACAU_PASS: Text("往来港澳通行证", "HK/Macau pass"),
    IdType.HK_MACAU_EXIT_PASS: Text("因公往来港澳通行证", "exit pass to HK/Macau"),
    IdType.TAIWAN_PASS: Text("台湾居民来往大陆通行证", "Taiwan pass"),
    IdType.MAINLAND_TO_TAIWAN: Text("大陆居民往来台湾通行证", "mainland to Taiwan"),
    IdType.DIPLOMAT: Text("外交官证", "diplomat"),
    IdType.CONSULATE: Text("领事馆证", "consulate"),
    IdType.SEAMAN: Text("海员证", "seaman"),
    IdType.HONG_KONG: Text("香港身份证", "HK ID"),
}


class WorkerRole(StrEnum):
    """What somebody does on a site."""

    MANAGER = "10"
    WORKER = "20"


ROLES: Mapping[str, Text] = {
    WorkerRole.WORKER: Text("建筑工人", "construction worker"),
    WorkerRole.MANAGER: Text("管理人员", "manager"),
}

TRADES: Mapping[str, str] = {
    "010": "砌筑工",
    "020": "钢筋工",
    "030": "架子工",
    "040": "混凝土工",
    "050": "模板工",
    "060": "机械设备安装工",
    "070": "通风工",
    "080": "安装起重工",
    "090": "安装钳工",
    "100": "电气设备安装调试工",
    "110": "管道工",
    "120": "变电安装工",
    "130": "建筑电工",
    "140": "司泵工",
    "150": "挖掘铲运和桩工机械司机",
    "160": "桩机操作工",
    "170": "起重信号工",
    "180": "建筑起重机械安装拆卸工",
    "190": "装饰装修工",
    "200": "室内成套设施安装工",
    "210": "建筑门窗幕墙安装工",
    "220": "幕墙制作工",
    "230": "防水工",
    "240": "木工",
    "250": "石工",
    "270": "电焊工",
    "280": "爆破工",
    "290": "除尘工",
    "300": "测量放线工",
    "310": "线路架设工",
    "320": "古建筑传统石工",
    "330": "古建筑传统瓦工",
    "340": "古建筑传统彩画工",
    "350": "古建筑传统木工",
    "360": "古建筑传统油工",
    "380": "金属工",
    "900": "管理人员",
    "990": "其他",
}
"""990 is ours: later versions of the standard add trades, and nobody is turned away for one."""


class PeriodType(StrEnum):
    """For how long somebody is hired."""

    FIXED_TERM = "0"
    BY_TASK = "1"


PERIOD_TYPES: Mapping[str, Text] = {
    PeriodType.FIXED_TERM: Text("固定期限", "fixed term"),
    PeriodType.BY_TASK: Text("以完成一定工作任务为期限", "by task"),
}


class PayUnit(StrEnum):
    """What a unit price is for; the codes in digits are the standard's, the others ours."""

    METRE = "80"
    SQUARE_METRE = "81"
    CUBIC_METRE = "82"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    PIECE = "piece"


class ContractForm(StrEnum):
    """What was signed; since 2022 an agreement may stand beside a contract (建市〔2022〕59号)."""

    LABOUR_CONTRACT = "labour_contract"
    LABOUR_AGREEMENT = "labour_agreement"
