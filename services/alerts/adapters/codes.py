"""Strangers that answer 200 and say in the body, by a code, what they really mean."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from services.alerts.rules.deliveries import Answer, Verdict

Code: TypeAlias = int | str


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a stranger's code means to us, in a code of ours; `again_after` in seconds."""

    error: str
    verdict: Verdict = Verdict.REFUSED
    again_after: float | None = None


OTHER, UNREADABLE = Meaning("other", Verdict.AGAIN), Meaning("unreadable", Verdict.AGAIN)


def read(
    answer: Answer, name: str, bad: Mapping[Code, Meaning], good: Mapping[Code, Verdict]
) -> Answer:
    """Read the code in an answer's body, the field `name`.

    A code that is not listed, or a body that says none, is tried again.
    """
    if answer.error:
        return answer
    code = _code(answer.body, name)
    if code is not None and code in good:
        return replace(answer, verdict=good[code])
    if code is None and answer.status and not 200 <= answer.status < 300:  # noqa: PLR2004  2xx
        return answer
    meaning = UNREADABLE if code is None else bad.get(code, OTHER)
    return replace(
        answer, error=meaning.error, verdict=meaning.verdict,
        retry_after=answer.retry_after or meaning.again_after,
    )  # fmt: skip


def _code(body: str, name: str) -> Code | None:
    try:
        said = json.loads(body)[name]
    except (ValueError, TypeError, KeyError):
        return None
    return said if isinstance(said, int | str) else None
