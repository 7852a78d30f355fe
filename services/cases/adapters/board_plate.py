"""A notice board's plate: the picture that is printed and hung up, its QR code among it."""

from collections.abc import Sequence
from typing import NamedTuple

import segno

from shared import docx

SVG = "image/svg+xml"
HEADERS = {
    # It is looked at and printed; whatever a place is called, nothing in it runs or is fetched.
    "content-security-policy": "default-src 'none'",
    "x-content-type-options": "nosniff",
}
WIDTH, MARGIN, QUIET = 480, 40, 4
"""Units of the picture; and the modules that stay white around a QR code (ISO/IEC 18004)."""
LETTERS, ROWS = 22, 3
"""What a plate has room for of a place's name."""


class _Row(NamedTuple):
    text: str
    size: int
    weight: str = "normal"


def plate(address: str, code: str, place: str | None) -> bytes:
    """Draw the plate of a board as SVG: what it is for, the QR code of its address, code, place.

    A quarter of the QR code may be dirty or torn (level Q), as what hangs outdoors will be.
    """
    made = segno.make(address, error="q", micro=False)
    side = WIDTH - 2 * MARGIN
    scale = side / made.symbol_size(border=QUIET)[0]
    head = [
        _Row("拖欠工资，扫码反映", 36, "bold"),
        _Row("无需注册，可不留姓名；凭回执查询进展", 20),
        _Row("Wages unpaid? Scan to tell; no account is needed.", 14),
    ]
    foot = [
        _Row(f"编码 {code}", 26, "bold"),
        *(_Row(part, 20) for part in _parts(place or "")),
        _Row(address, 11),  # So that a wrong one is seen before it hangs.
    ]
    above, top = _rows(head, 20)
    below, bottom = _rows(foot, top + 12 + side)
    picture = made.svg_inline(scale=scale, border=QUIET)
    height = bottom + 24
    size = f'width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    paper = f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>'
    code_drawn = f'<g transform="translate({MARGIN} {top + 12})">{picture}</g>'
    inside = "".join((paper, *above, code_drawn, *below))
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{inside}</svg>\n'.encode()


def _rows(rows: Sequence[_Row], y: int) -> tuple[list[str], int]:
    """Write rows below a height; give them, and the height of the last."""
    drawn = []
    for row in rows:
        y += row.size + 8
        drawn.append(_text(row, y))
    return drawn, y


def _parts(place: str) -> list[str]:
    """Break a place's name into the rows that it takes; what finds no room is left out."""
    parts = [place[at : at + LETTERS] for at in range(0, len(place), LETTERS)]
    if len(parts) > ROWS:
        parts = [*parts[: ROWS - 1], f"{parts[ROWS - 1][:-1]}…"]
    return parts


def _text(row: _Row, y: int) -> str:
    said = f'font-size="{row.size}" font-weight="{row.weight}"'
    place = f'x="{WIDTH // 2}" y="{y}" text-anchor="middle" font-family="sans-serif"'
    return f"<text {place} {said}>{docx.xml_text(row.text)}</text>"
