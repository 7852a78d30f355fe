"""How people title the columns of lists of workers: payroll sheets, rosters, attendance.

One list for all of them, so that what is read of one kind is read of the others; who somebody is
stands in `shared.tables.people`. The first word of a field is its title on our own templates.
"""

from collections.abc import Mapping

from shared.tables import Field
from shared.tables.people import PERSON, words_of

PLACE: Mapping[str, tuple[str, ...]] = {
    "project": words_of("""
        项目名称, 工程名称, 项目, 所属项目, 工程项目, 工程项目名称, 项目部, 施工项目, 工地名称,
        工地, project, project name
    """),
    "employer": words_of("""
        用工单位, 用人单位, 劳务公司, 劳务单位, 分包单位, 单位名称, 所属单位, 所属公司, 所属企业,
        参建单位, 劳务企业, 劳务分包单位, 分包企业, 分包商, 工作单位, 公司名称, 公司, 企业名称,
        所在单位, 施工单位, 劳动合同单位, 合同单位, employer, company
    """),
    "crew": words_of("""
        班组, 班组名称, 所属班组, 所在班组, 施工班组, 作业班组, 劳务班组, 班组号, 小组, 组别,
        队别, 施工队, 作业队, 所属队伍, 部门, 所属部门, 班次组别, 班别, crew, team, team name
    """),
    "crew_leader": words_of("""
        班组长, 班组长姓名, 组长, 带班人, 带班, 班长, 包工头, team leader
    """),
    "trade": words_of("""
        工种, 岗位工种, 工种名称, 工种岗位, 岗位, 职业工种, 作业工种, 从事工种, 工种类型,
        工种类别, 岗位名称, 职务, 职位, 职务工种, 工作岗位, trade, job, work type, 技术工种
    """),
    "role": words_of(
        "人员类型, 人员类别, 工人类型, 用工类型, 人员性质, 类别, role, worker role, 岗位类型"
    ),
    "is_leader": words_of("""
        是否班组长, 是否组长, 是否带班, 班组长标识, 是否为班组长, is leader
    """),
}
"""Where and as what somebody works."""

STAY: Mapping[str, tuple[str, ...]] = {
    "entered_on": words_of("""
        进场日期, 进场时间, 入场日期, 入场时间, 进场, 入职日期, 入职时间, 进退场时间进场,
        上岗日期, 到岗日期, 进场登记日期, 进入项目日期, 进场年月日, 开始工作日期, entry date,
        entered on, 到场日期, 上工日期
    """),
    "left_on": words_of("""
        退场日期, 退场时间, 离场日期, 离场时间, 出场日期, 退场, 离职日期, 离职时间, 离岗日期,
        退场登记日期, 出场时间, 离开项目日期, 进退场时间退场, exit date, left on, 撤场日期
    """),
    "contract_start": words_of("""
        合同开始日期, 合同起始日期, 劳动合同开始日期, 劳动合同起始日期, 合同生效日期, 合同起始日,
        合同签订日期, 合同签订时间, 劳动合同签订日期, 合同期限起, 合同开始时间, 合同起, 签订日期,
        签合同日期
    """),
    "contract_end": words_of("""
        合同结束日期, 合同终止日期, 劳动合同结束日期, 劳动合同终止日期, 合同到期日期, 合同到期日,
        合同截止日期, 合同终止日, 合同期限止, 合同结束时间, 合同止
    """),
    "contract_type": words_of("合同期限类型, 合同类型, 劳动合同类型, 合同期限, 合同期限种类"),
    "contract_no": words_of("合同编号, 劳动合同编号, 合同号, 劳动合同号"),
    "contract_signed": words_of("""
        是否签订劳动合同, 是否签订合同, 劳动合同, 是否签合同, 合同签订情况, 签订劳动合同,
        劳动合同签订情况, 合同签订
    """),
    "insured": words_of("""
        是否参保, 参保, 是否购买保险, 是否缴纳社保, 社保, 是否参加社保, 参保情况, 是否购买社保,
        保险情况
    """),
    "injury_insured": words_of("""
        是否参加工伤保险, 工伤保险, 工伤参保, 是否购买工伤保险, 工伤, 工伤保险参保,
        是否缴纳工伤保险, 工伤保险情况
    """),
    "training": words_of("""
        安全教育, 是否安全教育, 三级安全教育, 安全培训, 是否培训, 安全教育情况
    """),
    "education": words_of("文化程度, 学历, 受教育程度"),
}
"""From when to when, and on which contract."""

PAY: Mapping[str, tuple[str, ...]] = {
    "period": words_of("""
        所属月份, 工资月份, 月份, 工资所属月份, 所属期, 所属期间, 工资期间, 发放月份, 结算月份,
        计薪月份, 年月, 期间, 工资所属期, 工资年月, 考勤月份, 所属年月, period, month
    """),
    "paid_on": words_of("""
        发放日期, 发放时间, 支付日期, 支付时间, 工资发放日期, 发薪日期, 发薪日, 付款日期,
        领款日期, 签领日期, paid on, pay date
    """),
    "days": words_of("""
        出勤天数, 出勤, 考勤天数, 出工天数, 工日, 工日数, 出勤日, 实际出勤, 实际出勤天数, 实出勤,
        实出勤天数, 本月出勤天数, 本月出勤, 工作天数, 出勤工日, 考勤, 天数, 工数, 出工, 出工数,
        出工工日, 上班天数, 总工日, 总工数, 总天数, 计薪天数, 用工天数, 合计天数, 合计工日,
        出勤合计, 合计出勤, 出勤总天数, 出勤天数合计, 总出勤, 总出勤天数, 出勤数, 计工数, days,
        days worked, attendance, work days, 应计薪天数, 累计工日, 计工
    """),
    "hours": words_of("""
        工时, 出勤工时, 总工时, 工作时长, 工作小时, 出勤小时, 工时数, 小时数, 出勤时长, 工作时间,
        时长, 合计工时, hours, work hours
    """),
    "overtime_hours": words_of(
        "加班工时, 加班小时, 加班时长, 加班小时数, 加班时间, 加班小时合计, 加班"
    ),
    "overtime_days": words_of("加班天数, 加班工日, 加班工数"),
    "rate": words_of("""
        日工资, 日薪, 单价, 工资标准, 日工资标准, 工价, 工日单价, 日单价, 每日工资, 工资单价,
        计薪标准, 薪资标准, 日工价, 月工资标准, 月薪, 约定工资, 合同工资, 合同约定工资,
        工资标准日, 工资标准月, 计量单价, 单价工日, unit price, rate, daily rate, 元工日, 元天,
        小时工资, 时薪, 日均工资
    """),
    "quantity": words_of(
        "工程量, 完成工程量, 计件数量, 计件数, 数量, 完成数量, 产量, 工作量, quantity"
    ),
    "base_pay": words_of("""
        基本工资, 岗位工资, 计时工资, 标准工资, 固定工资, 正常工资, 出勤工资, 本月工资, 当月工资,
        基础工资, 考勤工资, 计日工资, 月工资, 基本薪资, base pay, basic wage, 日工工资, 工日工资
    """),
    "piece_pay": words_of("计件工资, 计量工资, 包工工资, 包干工资, 计件金额, 产值工资"),
    "overtime_pay": words_of(
        "加班工资, 加班费, 加班薪资, 加班金额, 加班工资金额, overtime pay, overtime"
    ),
    "bonus": words_of(
        "奖金, 奖励, 绩效, 绩效工资, 奖励金额, 全勤奖, 考核奖, 奖励工资, 奖金奖励, bonus"
    ),
    "allowance": words_of("""
        补贴, 津贴, 补助, 津补贴, 高温补贴, 餐补, 生活补贴, 交通补贴, 伙食补贴, 伙食补助,
        高温津贴, 各项补贴, 补贴金额, 住宿补贴, 夜班补贴, 岗位津贴, 通讯补贴, allowance, subsidy,
        补贴补助, 误餐补助, 取暖补贴
    """),
    "back_pay": words_of("""
        补发, 补发工资, 补发金额, 补发上月, 补发上月工资, 上月补发, back pay
    """),
    "other_pay": words_of(
        "其他应发, 其他收入, 其他工资, 应发其他, 其他补贴, 其他加项, 其它应发, 其它收入"
    ),
    "gross": words_of("""
        应发工资, 应发金额, 应发合计, 应发, 应发数, 应发工资合计, 应付工资, 应付金额,
        应发工资金额, 应得工资, 应得金额, 工资总额, 应付工资合计, 应发总额, 应发总工资, 本月应发,
        本月应发工资, 工资合计, 应领工资, 应领金额, 总工资, 工资小计, 应发小计, 当月应发,
        当月应发工资, 应付, 应支付工资, 应支付金额, 应结工资, 总金额, 税前工资, 应发工资总额,
        本月应付工资, 应付工资总额, 薪资总额, gross, gross pay, gross wage, total pay,
        total pay amount, 应发薪资, 应得, 应付合计, 工资总计
    """),
    "tax": words_of("""
        个税, 个人所得税, 代扣个税, 代扣个人所得税, 扣个税, 扣税, 所得税, 代扣税款, 税金, 税款,
        tax, income tax
    """),
    "insurance": words_of("""
        社保, 社保个人, 个人社保, 代扣社保, 扣社保, 社保费, 社会保险, 社会保险费, 五险, 五险一金,
        养老保险, 个人承担社保, 社保个人部分, 代缴社保, 社保扣款, 保险, 保险费, 扣保险, 公积金,
        住房公积金, insurance, social insurance, 三险, 社保公积金
    """),
    "advance": words_of("""
        预支, 借支, 预支工资, 借款, 预借, 已预支, 已付生活费, 生活费, 预支生活费, 借支生活费,
        已借支, 已支, 已发, 已付, 已领, 已发工资, 已付工资, 已支付工资, 已支付, 已支付金额,
        已发金额, 借支金额, 预支金额, 预支借款, 扣借支, 扣预支, 扣借款, 预付, 预付工资, 扣生活费,
        暂支, 已发生活费, 已领生活费, 前期已付, advance, advances, 扣回借支, 本月借支, 借支扣款,
        预支扣款
    """),
    "meals": words_of(
        "伙食费, 扣伙食费, 餐费, 扣餐费, 生活扣款, 饭费, 伙食扣款, 食堂扣款, 伙食, 食堂餐费, meals"
    ),
    "lodging": words_of("""
        住宿费, 水电费, 扣水电费, 房租, 扣水电, 水电, 宿舍费, 扣住宿费, 扣房租, 住宿扣款,
        住宿水电, 水电房租, 水电住宿费, lodging
    """),
    "fine": words_of("""
        罚款, 扣罚, 考勤扣款, 违章罚款, 安全罚款, 罚款金额, 扣罚款, 处罚, 违规罚款, 缺勤扣款,
        迟到扣款, fine, fines
    """),
    "other_deduction": words_of("""
        其他扣款, 其它扣款, 其他扣除, 其他应扣, 扣款其他, 应扣其他, 扣款其它, 代扣其他, 其他代扣,
        工具扣款, 材料扣款, 工具费, 劳保用品, 劳保费, other deduction, other deductions
    """),
    "deductions": words_of("""
        扣款合计, 应扣合计, 扣款, 应扣款, 应扣, 扣款金额, 扣款总额, 代扣款, 扣除合计, 扣款小计,
        应扣款项, 代扣款项, 应扣金额, 扣除, 扣除款项, 扣除金额, 应扣工资, 代扣合计, 各项扣款,
        代扣代缴, 代扣代缴合计, 应扣小计, 本月扣款, 扣款项合计, 扣款总计, deductions, deduction,
        deductions total, total deductions, 扣除小计, 减项合计, 扣减, 扣减合计
    """),
    "net": words_of("""
        实发工资, 实发金额, 实发合计, 实发, 实发数, 实付工资, 实付金额, 实领工资, 实领金额,
        实得工资, 本月实发, 本次实发, 本次发放, 本次发放金额, 本次支付, 本次支付金额, 本次应付,
        发放金额, 代发金额, 支付金额, 实际发放, 实际发放金额, 实发工资合计, 实付, 实际支付,
        实际支付金额, 实发总额, 本月实发工资, 本月实付, 本月实付工资, 税后工资, 实领, 本次实付,
        本月发放, 本月发放金额, 当月实发, 当月实发工资, 工资金额, 实支金额, 应发实发, 实发薪资,
        转账金额, 打款金额, 实际工资, 实得金额, 实付合计, 实际应发, net, net pay, net wage,
        actual amount, actual pay, 本月支付, 本月支付金额, 付款金额, 本次实发工资, 本次支付工资,
        代发工资, 实支, 银行代发金额, 金额
    """),
    "unpaid": words_of("""
        未发, 未付, 剩余工资, 剩余未发, 剩余未付, 欠付, 未发工资, 未付工资, 余额, 结余, 尾款,
        未付金额, 未发金额, 剩余金额, 尚欠, 结欠, 欠发, 欠薪, 欠发工资, 待付, 待发, 剩余, 余款,
        暂欠, 未支付, 未支付金额, 剩余未支付
    """),
    "signature": words_of("""
        签字, 签名, 领款人签字, 本人签字, 工人签字, 领取人签字, 签收, 签领, 签章, 领款人签章,
        农民工签字, 本人签名, 工人签名, 签字按手印, 领款人签名, 员工签字, 签字确认, 签名按手印,
        领取人, 工人确认签字, 手印, signature, 收款人签字, 按手印, 工人签字按手印, 签名确认
    """),
    "remark": words_of(
        "备注, 说明, 附注, 备考, 附言, remark, remarks, note, notes, 其他说明, 备注说明"
    ),
}
"""What a payroll sheet has beside the person: time, earnings, deductions, what is paid."""

EARNINGS = (
    "base_pay", "piece_pay", "overtime_pay", "bonus", "allowance", "back_pay", "other_pay",
)  # fmt: skip
DEDUCTIONS = ("tax", "insurance", "advance", "meals", "lodging", "fine", "other_deduction")
SUMS = (*EARNINGS, "gross", *DEDUCTIONS, "deductions", "net", "unpaid", "rate")
"""Fields that hold sums of money."""

LEAVE: Mapping[str, tuple[str, ...]] = {
    "day": words_of(
        "日期, 考勤日期, 出勤日期, 打卡日期, 刷卡日期, 工作日期, 通行日期, 记录日期, date, day"
    ),
    "time": words_of("打卡时间, 刷卡时间, 考勤时间, 通行时间, 识别时间, 记录时间, 时间, time"),
    "direction": words_of("""
        进出方向, 方向, 进出, 进出类型, 出入方向, 出入, 通行方向, direction
    """),
    "came_at": words_of(
        "上班时间, 上班打卡, 签到时间, 签到, 进门时间, 首次打卡, 上班打卡时间, 最早打卡, 入口时间"
    ),
    "went_at": words_of(
        "下班时间, 下班打卡, 签退时间, 签退, 出门时间, 末次打卡, 下班打卡时间, 最晚打卡, 出口时间"
    ),
    "rest_days": words_of("休息, 休息天数, 公休, 轮休, 休假, 休假天数, 休息日, 应休"),
    "leave_days": words_of("请假, 事假, 病假, 请假天数, 事假天数, 病假天数, 缺勤请假"),
    "absent_days": words_of("缺勤, 旷工, 缺勤天数, 旷工天数, 缺勤日, 未出勤天数, 未出勤"),
    "due_days": words_of("应出勤, 应出勤天数, 应勤天数, 应出勤日, 制度工日"),
    "part": words_of("时段, 班次, 上下午, 午别, 上午下午, 时间段, 考勤时段"),
}
"""What an attendance sheet has beside the person and the days of the month."""

_OF_KIND: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    # What the same title means where nothing else can be meant.
    "payroll": {"gross": ("合计", "小计", "总计")},
    "roster": {},
    "attendance": {"days": ("合计", "小计", "总计", "总数", "累计", "total")},
}
_GROUPS = {
    "payroll": (PERSON, PLACE, PAY, {"entered_on": STAY["entered_on"], "left_on": STAY["left_on"]}),
    "roster": (
        PERSON, PLACE, STAY, {name: PAY[name] for name in ("rate", "remark", "signature")},
    ),
    "attendance": (
        PERSON, PLACE, LEAVE,
        {name: PAY[name] for name in ("period", "days", "hours", "overtime_hours",
                                      "overtime_days", "signature", "remark")},
    ),
}  # fmt: skip


def words(name: str) -> tuple[str, ...]:
    """Give all titles of a field; the first is that of our own templates."""
    return next(group[name] for group in (PERSON, PLACE, STAY, PAY, LEAVE) if name in group)


def fields(kind: str) -> tuple[Field, ...]:
    """Give what the header of a list of this kind is looked for by."""
    own = _OF_KIND[kind]
    return tuple(
        Field(name, said + own.get(name, ()))
        for group in _GROUPS[kind]
        for name, said in group.items()
    )


LABELS = (
    Field("project", words_of("""
        项目名称, 工程名称, 项目, 工程项目, 工程项目名称, 项目部, 工地名称
    """)),
    Field("employer", words_of("""
        用工单位, 用人单位, 劳务公司, 劳务单位, 分包单位, 劳务分包单位, 分包企业, 单位名称,
        填报单位, 编制单位, 劳务企业, 分包商, 单位
    """)),
    Field("contractor", words_of("""
        施工单位, 总包单位, 总承包单位, 施工总承包单位, 承包单位, 总包企业
    """)),
    Field("crew", words_of("班组, 班组名称, 施工班组, 作业班组, 劳务班组, 所属班组")),
    Field("period", words_of("""
        所属月份, 工资月份, 月份, 工资所属月份, 所属期, 所属期间, 工资期间, 工资所属期, 发放月份,
        考勤月份, 结算月份, 年月, 期间, 考勤期间, 工资所属期间, 考勤周期, 计薪期间, 统计月份,
        所属年月
    """)),
)  # fmt: skip
"""What stands above or below such a list, `项目名称：…`."""
