"""Words of notices as data: which template holds, what it may name, and how it is filled.

Nothing in a template is evaluated: `{name}` stands for a field, and fields hold text.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from services.alerts.rules import sms
from services.alerts.rules.deliveries import ROBOTS, Channel
from shared.wording import Language, Text

FIELDS = (
    "label", "opening", "kind", "project", "period", "about", "due_on", "lacking", "owed",
    "task", "waiting", "ask", "alert_id",
)  # fmt: skip
"""What a template may name; `about` is kind, project and period in one, `owed` what is lacking
since when, `task` what the reason asks for, `ask` what is to be done. A text may name `title`
too."""
TITLE = Text("【{label}】{opening}：{about}", "[{label}] {opening}: {about}")
POST = "{owed}\n{task}\n{waiting}\n{ask}"
LETTER = f"{{title}}\n{POST}"
"""The words where no template says others. A group's post shows its title by itself."""
WORDED = (Channel.MAIL, Channel.SMS, *ROBOTS)
"""Channels whose words are templates."""
LONGEST_TITLE, LONGEST_TEXT = 200, 2000
_PLACE = re.compile(r"\{([^{}]*)\}")
# What these platforms read as a sign of theirs; the wide forms look alike and mean nothing.
_MARKS = str.maketrans("<>[]*`#@", "＜＞［］＊｀＃＠")
MARKED = (Channel.WECOM, Channel.DINGTALK)


class Template(Protocol):
    """A version of a template, as rules read it; an empty kind or level means any."""

    @property
    def area_code(self) -> str: ...
    @property
    def channel(self) -> Channel: ...
    @property
    def kind(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def text(self) -> str: ...


TemplateT = TypeVar("TemplateT", bound=Template)


def choose(
    templates: Iterable[TemplateT],
    lineage: Sequence[str],
    channel: Channel,
    *,
    kind: str,
    level: str,
    language: Language,
) -> TemplateT | None:
    """Give the template that holds: of the nearest area that has one, the most exact.

    Kind and level, then the kind, then the level, then any. Where no area has one in the language,
    the other language is better than silence.
    """
    found = {
        (each.language, each.area_code, each.kind, each.level): each
        for each in templates
        if each.channel is channel
    }
    exactness = ((kind, level), (kind, ""), ("", level), ("", ""))
    tongues = (language, "en" if language == "zh" else "zh")
    keys = ((tongue, area, *fit) for tongue in tongues for area in lineage for fit in exactness)
    return next((found[key] for key in keys if key in found), None)


def filled(text: str, values: Mapping[str, str]) -> str:
    """Put values into a text, once: what looks like a place in a value stays as it is.

    A line of which nothing is left is left out.
    """
    lines = ((line, _PLACE.sub(lambda place: values.get(place[1], ""), line))
             for line in text.split("\n"))  # fmt: skip
    return "\n".join(said for line, said in lines if said.strip() or not line.strip())


def worded(
    channel: Channel, template: Template | None, values: Mapping[str, str], language: Language
) -> tuple[str, str]:
    """Give title and text of a notice; without a template, in the words that are built in."""
    title, text = TITLE.say(language), POST if channel in ROBOTS else LETTER
    if template:
        title, text = template.title, template.text
    head = filled(title, values)
    return head, filled(text, {**values, "title": head})


def quiet(value: str) -> str:
    """Give a value without what Markdown of chat groups would read as its own."""
    return value.translate(_MARKS)


def parameters(text: str, values: Mapping[str, str]) -> dict[str, str]:
    """Give the values that an SMS text names, on one line each and no longer than is taken."""
    named = dict.fromkeys(_PLACE.findall(text))
    return {name: _short(" ".join(values.get(name, "").split())) for name in named}


def _short(value: str) -> str:
    longest = sms.LONGEST_VALUE
    return value if len(value) <= longest else f"{value[: longest - 1]}…"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a template: where, a code, words."""

    place: str
    code: str
    text: Text


def faults(channel: Channel, title: str, text: str, provider_id: str) -> list[Fault]:
    """Give all that is wrong with a template."""
    found = [*_strange("title", title, FIELDS), *_strange("text", text, (*FIELDS, "title"))]
    if channel is Channel.SMS:
        return found + _sms_faults(title, text, provider_id)
    if not title:
        found.append(Fault("title", "missing", Text("请填写标题", "A title is needed")))
    if provider_id:
        found.append(Fault("provider_id", "sms_only", _SMS_ONLY))
    return found


_SMS_ONLY = Text("只有短信模板有服务商模板号", "Only SMS templates are registered with a provider")


def _sms_faults(title: str, text: str, provider_id: str) -> list[Fault]:
    found = []
    if title or "{title}" in text:
        found.append(Fault("title", "no_title", Text("短信没有标题", "An SMS has no title")))
    if not provider_id:
        words = Text("请填写服务商模板号", "The provider's id of the template is needed")
        found.append(Fault("provider_id", "missing", words))
    if "\n" in text:
        found.append(Fault("text", "lines", Text("短信不能换行", "An SMS is one line")))
    longest = len(_PLACE.sub("", text)) + sms.LONGEST_VALUE * len(_PLACE.findall(text))
    if longest > sms.LONGEST - _ROOM_OF_SIGN:
        words = Text("变量取最长时超过{n}字", "With its longest values it exceeds {n} characters")
        found.append(Fault("text", "too_long", words.fill(n=sms.LONGEST - _ROOM_OF_SIGN)))
    return found


_ROOM_OF_SIGN = 22


def _strange(place: str, text: str, fields: Sequence[str]) -> list[Fault]:
    """Find places that name no field, and braces that are no place."""
    unknown = Text("没有名为“{name}”的字段", "There is no field called “{name}”")
    found = [
        Fault(place, "field_unknown", unknown.fill(name=name[:60]))
        for name in dict.fromkeys(_PLACE.findall(text))
        if name not in fields
    ]
    if re.search(r"[{}]", _PLACE.sub("", text)):
        found.append(Fault(place, "brace", Text("花括号不成对", "A brace has no partner")))
    return found
