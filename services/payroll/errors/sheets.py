"""What may rightly fail around sheets, rosters and attendance."""

from shared.problems import NotFound, Problem
from shared.wording import Text


class SheetUnreadable(Problem):
    """The file cannot be read as a payroll sheet at all; it is kept to be looked at."""

    status, keeps = 422, True
    title = Text("无法识别为工资支付表", "This file cannot be read as a payroll sheet")


class SheetRefused(Problem):
    """What is said of the sheet cannot be; nothing was kept of it."""

    status = 422
    title = Text("工资支付表的报送信息有误", "The sheet cannot be sent like this")


class SheetHasErrors(Problem):
    """Findings of the severity `error` stand, so nobody can stand for the sheet."""

    status, keeps = 409, True
    title = Text("工资支付表还有错误，不能提交", "The sheet has errors and cannot be submitted")


class SheetStep(Problem):
    """The sheet does not stand where this step begins."""

    status = 409
    title = Text("工资支付表当前状态不允许此操作", "The sheet does not stand where this begins")


class SheetThere(Problem):
    """The same file, or a sheet that was sent to the bank, is there already."""

    status = 409
    title = Text("该处已有同一工资支付表", "The sheet is there already")


class MappingRefused(Problem):
    """The columns cannot be read like this."""

    status = 422
    title = Text("列的对应关系有误", "The columns cannot be read like this")


class RosterRefused(Problem):
    """Rows that are wrong: nobody of the batch was entered, moved or changed."""

    status = 422
    title = Text("有错误，本批未作任何登记", "Something is wrong; nothing of this was taken")


class RosterEntryUnknown(NotFound):
    """No such entry of this project's roster, or none of the caller's."""

    title = Text("名册中没有此人，或不在您的管辖范围内", "Nobody like that on a roster of yours")


class RosterListUnknown(NotFound):
    """No such list of workers, or none of the caller's projects."""

    title = Text("没有此花名册文件，或不在您的管辖范围内", "No such list of workers of yours")


class RosterListRefused(Problem):
    """A file with rows that are wrong: nobody of it was entered, and the file is kept."""

    status, keeps = 422, True
    title = Text("文件中有错误，未登记任何人员", "The file has errors; nobody of it was entered")


class AttendanceSheetUnreadable(Problem):
    """The file cannot be read as attendance at all; it is kept to be looked at."""

    status, keeps = 422, True
    title = Text("无法识别为考勤表", "This file cannot be read as attendance")


class AttendanceRefused(Problem):
    """Each record of the batch has something wrong with it: nothing was taken."""

    status = 422
    title = Text("本批考勤记录均有误，未采用", "Every record has errors; nothing was taken")
