"""What can be wrong with a request about documents of cases and their templates."""

from shared.problems import Problem
from shared.wording import Text


class DocumentUnknown(Problem):
    """No such document, or of a case that is not in the caller's scope."""

    status = 404
    title = Text(
        "没有该文书，或案件不在您的管辖范围内", "There is no such document of a case in your areas"
    )


class DocumentRefused(Problem):
    """A field of the document has no value; every one is named."""

    status = 422
    title = Text("文书内容不完整，无法制发", "The document cannot be issued: fields are missing")


class DocumentNotThere(Problem):
    """The document stands where this cannot be done with it."""

    status = 409
    title = Text("文书当前状态不能进行此操作", "This cannot be done with the document as it stands")


class TemplateUnknown(Problem):
    """No such template, or of no area that governs the caller's."""

    status = 404
    title = Text("没有该文书模板", "There is no such template of documents")


class TemplateRefused(Problem):
    """The file is no template that documents can be made from; every finding is named."""

    status = 422
    title = Text("该文件不能作为文书模板", "Documents cannot be made from this file")


class PackUnknown(Problem):
    """No such evidence pack, or of a matter that is not in the caller's scope."""

    status = 404
    title = Text(
        "没有该证据包，或事项不在您的管辖范围内", "There is no such evidence pack in your areas"
    )
