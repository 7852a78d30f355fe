"""How people title the columns of lists of workers: who somebody is, and where wages go.

One list for all of them, so that what is read of one kind is read of the others. The first word of
a field is its title on our own templates.
"""

from collections.abc import Mapping


def words_of(said: str) -> tuple[str, ...]:
    """Give words as they are listed, behind commas."""
    return tuple(word.strip() for word in said.replace("\n", " ").split(",") if word.strip())


PERSON: Mapping[str, tuple[str, ...]] = {
    "serial": words_of("序号, 编号, 序, 号, 行号, no, number, 顺序号, 人员序号"),
    "name": words_of("""
        姓名, 工人姓名, 人员姓名, 员工姓名, 职工姓名, 农民工姓名, 民工姓名, 名字, 务工人员姓名,
        作业人员姓名, 工人名称, 人员名称, 领款人姓名, name, worker name, worker, full name,
        领款人, 施工人员姓名, 用工姓名, 劳动者姓名, 被考勤人, 施工人员, 劳务人员姓名
    """),
    "holder": words_of("""
        户名, 账户名, 账户名称, 开户名, 持卡人, 持卡人姓名, 收款人, 收款人姓名, 收款人户名,
        收款人名称, 收款户名, 卡户名, 银行户名, 开户人, 开户姓名, 开户人姓名, account name,
        account holder, payee
    """),
    "id_type": words_of("""
        证件类型, 证件种类, 证件类别, 身份证件类型, 证照类型, id type, document type, 有效证件类型
    """),
    "id_number": words_of("""
        身份证号码, 身份证号, 身份证, 身份证件号码, 证件号码, 证件号, 公民身份号码,
        公民身份证号码, 居民身份证号码, 居民身份证号, 身份证编号, 身份号码, 有效证件号码,
        证件编号, 身份证件号, 工人身份证号, 工人身份证号码, 员工身份证号, 二代身份证号,
        身份证号码18位, id number, id no, id card, id card number, identity number, identity card,
        citizen id, 收款人身份证号, 收款人证件号码
    """),
    "gender": words_of("性别, 男女, gender, sex"),
    "birth_on": words_of("出生日期, 出生年月, 出生年月日, 生日, date of birth, birthday"),
    "age": words_of("年龄, 周岁, age"),
    "nation": words_of("民族, 族别"),
    "address": words_of("""
        家庭住址, 住址, 地址, 户籍地址, 身份证地址, 家庭地址, 户籍所在地, 籍贯, 联系地址, 现住址,
        户口所在地, address
    """),
    "phone": words_of("""
        手机号码, 手机号, 联系电话, 电话, 手机, 联系方式, 电话号码, 移动电话, 本人电话, 工人电话,
        联系手机, 手机电话, 预留手机号, 银行预留手机号, phone, mobile, phone number,
        mobile number, telephone, tel
    """),
    "card_no": words_of("""
        银行卡号, 工资卡号, 银行账号, 卡号, 账号, 工资卡, 银行卡, 工资卡账号, 个人账号, 收款账号,
        收款人账号, 工资账号, 银行卡账号, 开户账号, 储蓄卡号, 本人银行卡号, 个人银行账号,
        工人工资卡号, 农民工工资卡号, 个人工资卡号, 个人银行卡号, 帐号, 银行帐号, 收款卡号,
        收款人卡号, 代发账号, 社保卡号, 社会保障卡号, 社保卡银行账号, 卡号账号, 账号卡号,
        收款人账户, 收款账户, 工资发放账号, 工资发放卡号, card number, card no, bank card,
        bank card number, bank account, account number, account no
    """),
    "bank_name": words_of("""
        开户银行, 开户行, 银行名称, 银行, 开户行名称, 开户银行名称, 工资卡开户行, 工资卡开户银行,
        收款银行, 收款行, 收款人开户行, 收款人开户银行, 所属银行, 发卡银行, 发卡行, 开户网点,
        开户支行, 银行卡开户行, 卡所属银行, 开户行全称, 开户银行全称, 开户行支行, bank, bank name,
        收款行名称
    """),
    "bank_code": words_of("""
        联行号, 银行联行号, 开户行联行号, 银行行号, 行号大额, 支付行号, 开户行行号, 收款行联行号,
        银行代码, 开户行号, 大额行号, 大额支付行号, 跨行行号, bank code, cnaps, cnaps code,
        收款行行号, 银行编码
    """),
}
"""Who somebody is, and where wages go."""
