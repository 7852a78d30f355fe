"""Words for people, in Chinese and English; chosen at the HTTP door."""

from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages. `{name}` places are filled by `fill`."""

    zh: str
    en: str

    def say(self, language: Language) -> str:
        """Give the sentence in one language."""
        return self.en if language == "en" else self.zh

    def fill(self, **values: object) -> "Text":
        """Put values into both sentences; a place without a value raises KeyError."""
        return Text(self.zh.format(**values), self.en.format(**values))


def language_of(accept_language: str | None) -> Language:
    """Choose the language a caller prefers: Chinese, unless English comes first (RFC 9110)."""
    best: tuple[float, Language] = (0.0, "zh")
    for part in (accept_language or "").split(","):
        tag, _, weight = part.replace(" ", "").partition(";q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        name = tag.lower()[:2]
        if name in {"zh", "en"} and quality > best[0]:
            best = (quality, "en" if name == "en" else "zh")
    return best[1]
