"""How Chinese banks title the columns of their statements, and what they write in them."""

from shared.tables import Field


def _words(said: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in said.replace("\n", " ").split(",") if word.strip())


FIELDS = (
    Field(
        "day",
        _words("""
            交易日期, 日期, 交易日, 业务日期, 发生日期, 交易日期时间, 交易时间日期, 交易发生日期,
            动账日期, 交易日期及时间, transaction date, date, trade date
        """),
    ),
    Field(
        "booked",
        _words("""
            记账日期, 入账日期, 会计日期, 记账日, 入账日, 账务日期, 过账日期, 核算日期, 清算日期,
            booking date, posting date, accounting date
        """),
    ),
    Field(
        "time",
        _words("""
            交易时间, 时间, 交易时刻, 入账时间, 记账时间, 发生时间, 动账时间, time,
            transaction time, 交易时间戳, 业务时间
        """),
    ),
    Field(
        "out",
        _words("""
            借方发生额, 借方金额, 借方, 支出, 支出金额, 付款金额, 转出金额, 支取, 借,
            借方发生金额, 付出, 付出金额, 取款, 支出额, 借方交易金额, 转出, 借方发生额支取,
            支取金额, 出账金额, 流出金额, debit, debit amount, 付方, withdrawal, withdrawals,
            交易金额借方, 发生额借方, 金额借方, 取出金额, 往账金额, 支付金额, 付款, 出账,
            payment amount, 支出发生额, 发生额支出
        """),
    ),
    Field(
        "in",
        _words("""
            贷方发生额, 贷方金额, 贷方, 收入, 收入金额, 收款金额, 转入金额, 存入, 贷,
            贷方发生金额, 存入金额, 存款, 收入额, 贷方交易金额, 转入, 收方, 贷方发生额收入,
            入账金额, 流入金额, credit, credit amount, 来账金额, deposit, deposits, 交易金额贷方,
            发生额贷方, 金额贷方, 收款, 入账, 进账金额, 到账金额, receipt amount, 收入发生额,
            发生额收入, 贷方发生额存入
        """),
    ),
    Field(
        "amount",
        _words("""
            交易金额, 发生额, 金额, 发生金额, 交易发生额, 收支金额, 本次发生额, 交易额, 动账金额,
            变动金额, amount, transaction amount, trade amount
        """),
    ),
    Field(
        "flag",
        _words("""
            借贷标志, 借贷, 收支标志, 借贷方向, 收支, 收支类型, 借贷标识, 方向, 交易方向,
            收付标志, 借贷别, 收付方向, 资金流向, 进出账, 往来账标志, dc, d/c, dr/cr, cr/dr,
            debit/credit, 借贷符号, 收/支, 收付, 借贷记, 收支方向, 来往账标志, 出入账标志,
            借贷类型, 交易收支, 进出方向
        """),
    ),
    Field(
        "balance",
        _words("""
            余额, 账户余额, 交易后余额, 当前余额, 本次余额, 联机余额, 可用余额余额, 账面余额,
            交易余额, 结余, 当日余额, balance, after-transaction balance, running balance,
            account balance, 发生后余额, 动账后余额, 卡余额, 账余额
        """),
    ),
    Field(
        "serial",
        _words("""
            交易流水号, 流水号, 交易流水, 银行流水号, 核心流水号, 账户明细编号,
            账户明细编号-交易流水号, 业务流水号, 全局流水号, 交易编号, 交易序列号, 主机流水号,
            交易参考号, 记账流水号, transaction reference number, serial, serial number,
            serial no, reference, 交易识别号, 业务编号, 流水编号, 会计流水号, 明细流水号, 交易号,
            银行交易流水号, 账务流水号, reference no
        """),
    ),
    Field(
        "voucher",
        _words("""
            凭证号, 凭证号码, 凭证编号, voucher no, 凭证种类, 凭证类型
        """),
    ),
    Field(
        "name",
        _words("""
            对方户名, 对方名称, 对方账户名称, 对方单位名称, 对方单位, 对手户名, 交易对手,
            交易对方, 对方姓名, 交易对手名称, 对方账户名, 对手名称, 对方客户名称, 交易对手户名,
            收付款人名称, 收/付方名称, 收(付)款人名称, 收/付款人, counterparty,
            counterparty name, 对方户名/姓名, 对手方名称, 对方, 往来单位, 交易对方名称, 对方公司,
            对方帐户名称, 收款人/付款人名称, 对手方户名, 交易方名称, 对方客户, 对方全称
        """),
    ),
    Field(
        "account",
        _words("""
            对方账号, 对方账户, 对手账号, 对方卡号, 交易对手账号, 对方帐号, 收付款人账号,
            收/付方账号, 收(付)款人账号, counterparty account, 对手方账号, 对方账户账号,
            对方账号/卡号, 对方卡号/账号, 对方账卡号, 对手账户, 交易对方账号, 对方客户账号,
            收款人/付款人账号, counterparty account number, 对方账户号码, 交易方账号, 对方账户号
        """),
    ),
    Field(
        "payer_name",
        _words("""
            付款人名称, 付款人户名, 付款人, 付款方名称, 付款方户名, 付款方
        """),
    ),
    Field(
        "payer_account",
        _words("""
            付款人账号, 付款方账号, 付款账号, 付款人账户
        """),
    ),
    Field(
        "payee_name",
        _words("""
            收款人名称, 收款人户名, 收款人, 收款方名称, 收款方户名, 收款方
        """),
    ),
    Field(
        "payee_account",
        _words("""
            收款人账号, 收款方账号, 收款账号, 收款人账户
        """),
    ),
    Field(
        "summary",
        _words("""
            摘要, 交易摘要, 摘要说明, 业务摘要, 摘要信息, summary, description, 摘要描述,
            交易说明, transaction description, 摘要内容
        """),
    ),
    Field(
        "use",
        _words("""
            用途, 交易用途, 资金用途, 用途说明, purpose, 款项用途, 转账用途
        """),
    ),
    Field(
        "remark",
        _words("""
            备注, 附言, 交易附言, 客户附言, remark, remarks, 交易备注, 附加信息, 个性化信息,
            备注信息, 留言, postscript, 转账附言, 备注附言
        """),
    ),
    Field(
        "own",
        _words("""
            本方账号, 账号, 账户, 交易账号, 我方账号, 查询账号, 客户账号, 卡号, 账户账号, 本账号,
            account no, account number, account, 帐号, 账户号码, 查询账户, 本方账户, 账号/卡号,
            银行账号, 结算账号, 专户账号
        """),
    ),
    Field(
        "currency",
        _words("""
            币种, 货币, 币别, 交易币种, currency, 账户币种, 货币种类, ccy
        """),
    ),
    Field(
        "own_name",
        _words("""
            本方户名, 户名, 账户名称, 本方账户名称, 单位名称, 客户名称, 开户名
        """),
    ),
    Field(
        "other",
        _words("""
            序号, 编号, no, 对方开户行, 对方开户行名, 对方行名, 开户行, 交易机构, 交易渠道, 渠道,
            交易类型, 业务类型, 交易网点, 柜员号, 对方开户机构, 状态, 交易状态, 手续费, 交易地点,
            交易行, 可用余额, 冻结金额, 账户类型, 钞汇
        """),
    ),
)
# What stands above or below a table, `账号：3300…`.
LABELS = (
    Field(
        "own",
        _words("""
            账号, 账户, 本方账号, 查询账号, 账户号码, 卡号, 帐号, 客户账号, 账号/卡号, 交易账号,
            account no, account number, account, 查询账户, 银行账号, 专户账号, 结算账号,
            我方账号, 本方账户, 账户账号
        """),
    ),
    Field(
        "own_name",
        _words("""
            户名, 账户名称, 本方户名, 客户名称, 单位名称, account name
        """),
    ),
    Field(
        "currency",
        _words("""
            币种, 货币, 币别, currency, 账户币种, ccy
        """),
    ),
    Field(
        "from",
        _words("""
            起始日期, 开始日期, 起始日, 查询起始日期, 起日, start date, from, 起息日期起,
            查询开始日期, 开始日, 自
        """),
    ),
    Field(
        "to",
        _words("""
            终止日期, 截止日期, 结束日期, 查询截止日期, 止日, end date, to, 查询结束日期,
            查询终止日期, 截至日期, 结束日, 至
        """),
    ),
    Field(
        "period",
        _words("""
            起止日期, 查询时间段, 查询日期, 日期范围, 查询期间, 对账期间, 交易日期, 时间段,
            查询时间, 账单期间, period, 查询区间, 统计期间, 账期, 时间范围, 起讫日期, 交易时间段,
            查询起止日期, 对账单期间, 期间, 日期区间
        """),
    ),
    Field(
        "opening",
        _words("""
            期初余额, 上期余额, 上期结余, 上月余额, opening balance, 起始余额, 期初结余,
            承前余额, 上日余额, 昨日余额, 年初余额, 月初余额, 上页余额
        """),
    ),
    Field(
        "closing",
        _words("""
            期末余额, 本期余额, 本期结余, closing balance, 期末结余, 终止余额, 月末余额,
            日末余额, 本月余额, 结存余额, 期终余额
        """),
    ),
    Field(
        "unit",
        _words("""
            单位, 金额单位, unit, 货币单位
        """),
    ),
)

OPENING = _words("""
    期初余额, 上期余额, 上期结余, 上月余额, 起始余额, 期初结余, 承前页余额, 期初, 上日余额,
    昨日余额, opening balance, 承前余额, 月初余额, 年初余额, 上页余额
""")

CLOSING = _words("""
    期末余额, 本期余额, 本期结余, 终止余额, 期末结余, 月末余额, closing balance, 日末余额,
    结存余额, 期末, 本月余额, 期终余额
""")

SUMS = _words("""
    合计, 总计, 本期合计, total, 发生额合计, 交易合计, 全部合计
""")
OUT = frozenset(
    _words("""
        -, d, debit, dr, out, 付, 付方, 付款, 借, 借方, 借记, 出, 出账, 取, 取款, 往, 往账, 支,
        支出, 支取, 汇出, 流出, 转出
    """)
)
IN = frozenset(
    _words("""
        +, c, cr, credit, in, 入, 入账, 存, 存入, 存款, 收, 收入, 收方, 收款, 来, 来账, 汇入,
        流入, 贷, 贷方, 贷记, 转入, 进, 进账
    """)
)
RENMINBI = frozenset(
    _words("""
        001, 01, 01人民币, 1, 156, cny, cny(人民币), cny人民币, rmb, ¥, 人民币, 人民币(cny),
        人民币(元), 人民币cny, 人民币rmb, 人民币元, 人民币户, 人民币（元）, 元
    """)
)
