"""What may rightly fail where workers' data are kept or blanked, and papers filed."""

from shared.problems import Problem
from shared.wording import Text


class EndingRefused(Problem):
    """That a project ended cannot be entered like this."""

    status = 422
    title = Text("完工结清信息有误", "The end of the project cannot be entered like this")


class RetentionOver(Problem):
    """The time of these records is over: who they are of is blanked for good."""

    status = 410
    title = Text(
        "保存期限已满，个人信息已依法清除",
        "The time of these records is over: whom they tell of was blanked",
    )


class PaperNotTaken(Problem):
    """A file of this kind cannot be a signed paper."""

    status = 422
    title = Text("不支持的文件类型", "Files of this kind are not taken")
