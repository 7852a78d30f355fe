"""What may rightly fail where wages go to the bank."""

from shared.problems import Problem
from shared.wording import Text


class NoWageAccount(Problem):
    """The project has no wage account that money could leave."""

    status = 409
    title = Text("该项目没有可用的专户", "The project has no wage account to pay from")


class AccountFrozen(Problem):
    """Nothing may leave the account on this day."""

    status = 409
    title = Text("专户已冻结，不能代发", "The wage account is frozen; nothing can be paid from it")


class FundsShort(Problem):
    """The account holds less than is to be paid, by the bank's own data."""

    status = 409
    title = Text("专户余额不足", "The wage account does not hold enough")


class NothingToSend(Problem):
    """No line can go to the bank now; each that is held back says why."""

    status = 409
    title = Text("没有可以发放的明细", "There is no line that could go to the bank")


class ResultsRefused(Problem):
    """Results of which one is wrong: none was taken, and all that was said is kept."""

    status, keeps = 422, True
    title = Text("发放结果有误，本次均未采用", "These results have errors; none was taken")


class DisputeRefused(Problem):
    """Only what the bank says is paid can be disputed, and only once at a time."""

    status = 409
    title = Text("该笔发放不能提出异议", "This line cannot be disputed now")


class DisputeClosed(Problem):
    """The dispute is settled; another one can be opened."""

    status = 409
    title = Text("该异议已办结", "This dispute is closed")
