"""The public form: one page that asks nobody else for anything, and the policy that says so."""

import base64
import re
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

PAGE = Path(__file__).parents[1] / "templates" / "notice_board.html"


@dataclass(frozen=True, slots=True)
class Page:
    """The page as it is sent."""

    html: str
    headers: dict[str, str]


@cache
def page() -> Page:
    """Read the page once; its own script and style are the only ones that a browser runs."""
    html = PAGE.read_text("utf-8")
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {_hash(html, 'script')}",
            f"style-src {_hash(html, 'style')}",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
    return Page(
        html,
        {
            "content-security-policy": policy,
            "cache-control": "public, max-age=300",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
        },
    )


def _hash(html: str, element: str) -> str:
    """Give the source of the one element of its kind, as a policy names it (CSP 2)."""
    [inside] = re.findall(rf"<{element}>(.*?)</{element}>", html, re.DOTALL)
    return f"'sha256-{base64.b64encode(sha256(inside.encode()).digest()).decode()}'"
