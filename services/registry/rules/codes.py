"""Code tables of MOHURD's data standard (建办市〔2018〕81号): data, with source and certainty."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.problems import Finding
from shared.wording import Text


@dataclass(frozen=True, slots=True)
class CodeTable:
    """One table of codes: where it stands, how sure it is, and what each code says."""

    name: Text
    source: str
    certainty: str
    codes: Mapping[str, Text]

    def check(self, place: str, code: str | None) -> list[Finding]:
        """Give the finding that a code is not in the table; a field left empty is right."""
        if code is None or code in self.codes:
            return []
        return [
            Finding(
                place,
                "CodeUnknown",
                Text("不在“{name}”代码表内", "Not in the code table “{name}”").fill(
                    name=self.name.zh
                ),
                Text("可选：{codes}", "One of: {codes}").fill(codes=", ".join(self.codes)),
            )
        ]


# Certainty B: field names and codes as implementations of the standard have them; the tables were
# changed after 2018 and are to be compared with the official ones before a release.
PROJECT_CATEGORY = CodeTable(
    Text("工程类别", "Project category"),
    "建办市〔2018〕81号",
    "B",
    {
        "01": Text("房屋建筑工程", "housing"),
        "02": Text("市政公用工程", "municipal"),
        "03": Text("机电安装工程", "mechanical and electrical installation"),
        "04": Text("铁路工程", "rail"),
        "05": Text("公路工程", "road"),
        "06": Text("港口与航道工程", "port and waterway"),
        "07": Text("水利水电工程", "water and hydropower"),
        "08": Text("电力工程", "power"),
        "09": Text("矿山工程", "mine"),
        "10": Text("冶炼工程", "metallurgy"),
        "11": Text("化工石油工程", "chemical and oil"),
        "12": Text("通信工程", "telecommunication"),
        "99": Text("其他", "other"),
    },
)
PROJECT_SIZE = CodeTable(
    Text("项目规模", "Project size"),
    "建办市〔2018〕81号",
    "B",
    {
        "01": Text("大型", "large"),
        "02": Text("中型", "medium"),
        "03": Text("小型", "small"),
    },
)
PARTICIPANT_TYPE = CodeTable(
    Text("参建单位类型", "Participant type"),
    "建办市〔2018〕81号",
    "B",
    {
        "001": Text("专业分包", "specialist subcontractor"),
        "002": Text("设备分包", "equipment subcontractor"),
        "003": Text("材料分包", "material subcontractor"),
        "004": Text("后勤服务", "logistics service"),
        "005": Text("特殊设备", "special equipment"),
        "006": Text("劳务分包", "labour subcontractor"),
        "007": Text("监理", "supervision"),
        "008": Text("建设单位", "developer"),
        "009": Text("总承包单位", "general contractor"),
        "010": Text("勘察", "survey"),
        "011": Text("设计", "design"),
        "012": Text("其他", "other"),
    },
)
PROJECT_STATUS = CodeTable(
    Text("项目状态", "Project status"),
    "建办市〔2018〕81号",
    "B",
    {
        "001": Text("筹备", "in preparation"),
        "002": Text("立项", "approved"),
        "003": Text("在建", "in progress"),
        "004": Text("完工", "complete"),
        "005": Text("停工", "stopped"),
    },
)
