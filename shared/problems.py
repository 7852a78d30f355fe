"""Expected failures: RFC 9457 problems in Chinese or English, with all findings at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import ClientDisconnect

from shared import telemetry
from shared.wording import Language, Text, language_of

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: its place (`lines[3].amount`), a code, words, and what to do."""

    place: str
    code: str
    detail: Text
    remedy: Text | None = None


class Problem(Exception):
    """An expected failure. At the HTTP door a problem document; at the event door: permanent.

    A subclass sets `status` and `title`; with `keeps` what was done before it is committed, so
    that a rejected upload can be found again.
    """

    status: ClassVar[int] = 400
    title: ClassVar[Text] = Text("请求有误", "The request is wrong")
    keeps: ClassVar[bool] = False

    def __init__(
        self,
        detail: Text | None = None,
        *,
        errors: Sequence[Finding] = (),
        headers: Mapping[str, str] | None = None,
        **extra: object,
    ) -> None:
        """Take words, all findings, response headers and further members of the document."""
        super().__init__(detail.en if detail else self.title.en)
        self.detail, self.errors = detail, tuple(errors)
        self.headers, self.extra = dict(headers or {}), extra

    @classmethod
    def slug(cls) -> str:
        """Give the last part of the problem's type: `SheetUnreadable` → `sheet-unreadable`."""
        letters = [f"-{c.lower()}" if c.isupper() else c for c in cls.__name__]
        return "".join(letters).lstrip("-")

    def document(self, language: Language) -> dict[str, Any]:
        """Give the RFC 9457 document in one language."""
        body: dict[str, Any] = {
            "type": f"/problems/{self.slug()}",
            "title": self.title.say(language),
            "status": self.status,
        }
        if self.detail:
            body["detail"] = self.detail.say(language)
        if self.errors:
            body["errors"] = [_finding(finding, language) for finding in self.errors]
        return body | self.extra


def _finding(finding: Finding, language: Language) -> dict[str, Any]:
    said = {
        "place": finding.place,
        "code": finding.code,
        "detail": finding.detail.say(language),
    }
    return said | ({"remedy": finding.remedy.say(language)} if finding.remedy else {})


class Malformed(Problem):
    """The body cannot be read at all."""

    status, title = 400, Text("请求内容无法解析", "The body cannot be read")


class NotFound(Problem):
    """Nothing there, or nothing that the caller may see."""

    status, title = 404, Text("未找到，或不在您的管辖范围内", "Not found, or outside your areas")


class Stale(Problem):
    """The edit was made on an older version of the row."""

    status = 409
    title = Text("内容已被他人修改，请刷新后重试", "Somebody else changed this; load it again")


class Invalid(Problem):
    """The body or the query does not have the form that the interface asks for."""

    status, title = 422, Text("填写内容不符合要求", "The input does not have the form asked for")


class Unavailable(Problem):
    """The database cannot answer now; nothing acknowledged is lost."""

    status, title = 503, Text("系统暂时不可用，请稍后重试", "Temporarily unavailable; try again")


class Failed(Problem):
    """Something that nobody expected; the log tells it by the trace."""

    status, title = 500, Text("系统内部错误，已记录", "An error inside the system; it is recorded")


class ProblemOut(BaseModel):
    """What a problem looks like on the wire (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str | None = None
    errors: list[dict[str, str]] | None = None


def raises(*problems: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """Give the `responses=` of a route; problems that share a status are merged."""
    merged: dict[int | str, dict[str, Any]] = {}
    for problem in problems:
        entry = merged.setdefault(
            problem.status, {"model": ProblemOut, "description": "", "content": {MEDIA_TYPE: {}}}
        )
        known = entry["description"]
        entry["description"] = f"{known}; {problem.title.en}" if known else problem.title.en
    return merged


def describe(
    document: dict[str, Any],
    everywhere: Sequence[type[Problem]],
    writes: Sequence[type[Problem]],
) -> None:
    """Say in an OpenAPI document which failures are answered, all of them as problem documents.

    Beside what each operation says of itself: `everywhere` at each of them, `writes` at those that
    change something.
    """
    kept = document.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        kept.pop(unused, None)
    kept["ProblemOut"] = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
    told = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}
    for methods in document.get("paths", {}).values():
        for method, operation in methods.items():
            answers = operation["responses"]
            # FastAPI's own entry, which `install` answers in our form.
            if answers.get("422", {}).get("description") == "Validation Error":
                del answers["422"]
            common = raises(*everywhere, *(writes if method != "get" else ()))
            for status, answer in common.items():
                own = answers.setdefault(str(status), {"description": ""})
                words = [own["description"], answer["description"]]
                own["description"] = "; ".join(filter(None, words))
            for status, answer in answers.items():
                if status >= "400":
                    answer["content"] = told
            for callback in operation.get("callbacks", {}).values():
                for pushed in (one for path in callback.values() for one in path.values()):
                    pushed["responses"].pop("422", None)


def language(request: Request) -> Language:
    """Give the language that this caller prefers."""
    return language_of(request.headers.get("accept-language"))


def answer(request: Request, problem: Problem) -> JSONResponse:
    """Turn a problem into its response."""
    return JSONResponse(
        problem.document(language(request)),
        status_code=problem.status,
        headers={**problem.headers, "content-language": language(request)},
        media_type=MEDIA_TYPE,
    )


# What pydantic says, in the words of a form; anything else keeps pydantic's English.
_WORDS = {
    "missing": Text("缺少该项", "This is required"),
    "extra_forbidden": Text("不认识该项", "This field is not known here"),
    "uuid_parsing": Text("不是有效的编号", "This is not a valid id"),
    "date_from_datetime_parsing": Text("日期应为 YYYY-MM-DD", "A date is YYYY-MM-DD"),
    "date_parsing": Text("日期应为 YYYY-MM-DD", "A date is YYYY-MM-DD"),
    "datetime_from_date_parsing": Text("时间应为 ISO 8601 格式", "An instant is in ISO 8601"),
    "timezone_aware": Text("时间须带时区", "An instant needs its offset"),
    "decimal_parsing": Text('金额应为数字字符串，如 "1200.00"', 'An amount is like "1200.00"'),
    "decimal_max_places": Text("金额最多两位小数", "An amount has at most two decimals"),
    "greater_than_equal": Text("数值过小或日期过早", "Too small, or too early"),
    "greater_than": Text("数值过小", "Too small"),
    "less_than_equal": Text("数值过大", "Too large"),
    "less_than": Text("数值过大或日期过晚", "Too large, or too late"),
    "string_too_short": Text("内容过短", "The text is too short"),
    "string_too_long": Text("内容过长", "The text is too long"),
    "string_pattern_mismatch": Text("格式不符", "The format does not match"),
    "enum": Text("不在可选值之内", "This is not one of the choices"),
    "literal_error": Text("不在可选值之内", "This is not one of the choices"),
    "json_invalid": Text("不是有效的 JSON", "This is not valid JSON"),
}


def findings(errors: Sequence[Any]) -> list[Finding]:
    """Turn pydantic's errors into findings, each with its place; values are never repeated."""
    found = []
    for error in errors:
        place = "".join(
            f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"]
        )
        kind = str(error["type"])
        words = _WORDS.get(kind)
        if kind == "value_error" and isinstance(said := error["ctx"].get("error"), TextError):
            words, kind = said.text, said.code
        english = str(error["msg"])
        found.append(Finding(place.lstrip("."), kind, words or Text(english, english)))
    return found


class TextError(ValueError):
    """A validator's finding in both languages; raise it inside a pydantic validator."""

    def __init__(self, code: str, text: Text) -> None:
        """Take a code for programs and the words for people."""
        super().__init__(text.en)
        self.code, self.text = code, text


# SQLSTATE classes that say: this database cannot serve now, ask again later. So does 40: of two
# who wait for each other one is undone.
_AWAY = ("08", "40", "53", "57", "58", "25P0")


def is_away(error: DBAPIError) -> bool:
    """Say whether an error of the database asks for another try later, not for a mend."""
    if error.orig and isinstance(error.orig.__cause__, ValueError):
        return False  # A value that the driver cannot send: to ask again would not help.
    state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
    if state:
        return str(state).startswith(_AWAY)
    return error.connection_invalidated or isinstance(error, (InterfaceError, OperationalError))


def install_plain(app: FastAPI) -> None:
    """Answer what the framework itself refuses (no such path, no JSON) as a problem document."""

    async def on_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, StarletteHTTPException)  # noqa: S101  Starlette's wide signature
        if error.status_code == Malformed.status:
            return answer(request, Malformed())
        phrase = HTTPStatus(error.status_code).phrase
        body = {"type": "about:blank", "title": phrase, "status": error.status_code}
        return JSONResponse(body, error.status_code, error.headers, media_type=MEDIA_TYPE)

    app.add_exception_handler(StarletteHTTPException, on_http)


def install(app: FastAPI) -> None:
    """Answer every failure of an app as a problem document."""

    async def on_problem(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Problem)  # noqa: S101  Starlette's signature is wider than its call
        return answer(request, error)

    async def on_invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)  # noqa: S101  as above
        return answer(request, Invalid(errors=findings(error.errors())))

    async def on_away(request: Request, error: Exception) -> JSONResponse:
        if isinstance(error, DBAPIError) and not is_away(error):
            raise error
        return answer(request, Unavailable(headers={"retry-after": "5"}))

    async def on_bug(request: Request, error: Exception) -> JSONResponse:
        trace = telemetry.traceparent().split("-")[1]
        log.error("request_failed", path=request.url.path, trace=trace, exc_info=error)
        return answer(request, Failed(trace=trace))

    async def on_gone(request: Request, error: Exception) -> JSONResponse:
        # Nobody hears it: who sent hung up. It is no failure of ours, and nothing was done.
        return answer(request, Malformed())

    app.add_exception_handler(ClientDisconnect, on_gone)
    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_invalid)
    install_plain(app)
    for away in (DBAPIError, PoolTimeoutError, ConnectionError, TimeoutError):
        app.add_exception_handler(away, on_away)
    app.add_exception_handler(Exception, on_bug)
