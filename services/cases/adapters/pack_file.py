"""The zip of an evidence pack: its parts, an index with their digests, and a cover to print."""

import asyncio
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from html import escape
from typing import Any

from services.cases.rules.course import COURSE
from services.cases.rules.packs import AUDIT, COVER, INDEX, PARTS, Dossier, happened
from shared.clock import BEIJING

_FIRST = (1980, 1, 1, 0, 0, 0)
"""The day of each entry: the same content is the same zip."""
_ACTS = {str(one.act): one.words.zh for one in COURSE}
_STYLE = (
    "body{font-family:serif;margin:2em;max-width:60em}h1{text-align:center}"
    "table{border-collapse:collapse;width:100%;margin:1em 0}"
    "th,td{border:1px solid #666;padding:.2em .4em;text-align:left;font-size:.85em;"
    "overflow-wrap:anywhere}@media print{tr{page-break-inside:avoid}}"
)
_SHOWN = 500
"""Lines of a table on the cover at most; the parts have all."""
Entries = list[dict[str, Any]]


async def write(told: Dossier, made_at: datetime, made_by: str) -> tuple[bytes, Entries]:
    """Give the zip, and what is in it by name, digest and size."""
    return await asyncio.to_thread(_write, told, made_at, made_by)


def _write(told: Dossier, made_at: datetime, made_by: str) -> tuple[bytes, Entries]:
    parts = {name: _json(told.parts[name]) for name in PARTS if name in told.parts}
    entries = [_entry(name, content) for name, content in parts.items()]
    parts[COVER] = _cover(told, entries, made_at).encode()
    entries.append(_entry(COVER, parts[COVER]))
    index = {
        "about": told.about, "subject_id": str(told.subject_id), "title": told.title,
        "made_at": made_at.isoformat(), "made_by": made_by, "entries": entries,
        "left_out": told.left_out,
    }  # fmt: skip
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in {INDEX: _json(index), **parts}.items():
            pack.writestr(zipfile.ZipInfo(name, _FIRST), content, zipfile.ZIP_DEFLATED)
    return kept.getvalue(), entries


def _json(told: Any) -> bytes:  # noqa: ANN401  as JSON is
    return json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True).encode()


def _entry(name: str, content: bytes) -> dict[str, Any]:
    return {"name": name, "sha256": sha256(content).hexdigest(), "size": len(content)}


def _cover(told: Dossier, entries: Sequence[Mapping[str, Any]], made_at: datetime) -> str:
    audit = told.parts[AUDIT]
    chain = (
        f"审计记录 {len(audit['rows'])} 条，已入链并核对一致 {audit['sealed']} 条，"
        f"待入链 {audit['unsealed']} 条，不一致 {len(audit['broken'])} 条"
    )
    head = audit["head"]
    if head:
        chain += f"；链首第 {head['position']} 环 {head['hash']}"
    left = "；".join(f"{PARTS[name].zh}另有 {more} 条未列" for name, more in told.left_out.items())
    body = [
        f"<h1>证据包</h1><p>{escape(told.title)}</p>",
        f"<p>制作时间：{made_at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}（北京时间）</p>",
        f"<p>{escape(chain)}</p>",
        f"<p>{escape(left)}</p>" if left else "",
        _table("目录", ("内容", "文件", "字节", "SHA-256"), _listed(entries)),
        _table("时间线", ("时间", "事项", "经办"), _lines(told.parts["timeline.json"])),
        _table("通知送达", ("送达时间", "渠道", "等级", "接收人"), _notices(told)),
        _table(
            "银行流水", ("流水号",), ([one] for one in told.parts["money.json"]["bank_serials"])
        ),
    ]
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        f"<title>证据包 {escape(told.title)}</title><style>{_STYLE}</style></head><body>"
        + "".join(body)
        + "</body></html>"
    )


def _table(title: str, heads: Sequence[str], rows: Iterator[Sequence[Any]] | Any) -> str:  # noqa: ANN401
    shown = [[escape(str(cell)) for cell in row] for row in rows]
    more = f"<p>另有 {len(shown) - _SHOWN} 条，见文件。</p>" if len(shown) > _SHOWN else ""
    head = "".join(f"<th>{one}</th>" for one in heads)
    lines = (
        "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in shown[:_SHOWN]
    )
    return f"<h2>{title}</h2><table><tr>{head}</tr>{''.join(lines)}</table>{more}"


def _listed(entries: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[Any]]:
    for one in entries:
        yield PARTS[one["name"]].zh, one["name"], one["size"], one["sha256"]


def _lines(timeline: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[str]]:
    for one in timeline:
        yield _minute(one["at"]), happened(one["what"], _ACTS), one["actor"]


def _notices(told: Dossier) -> Iterator[Sequence[str]]:
    for one in told.parts["notices.json"]:
        yield _minute(one["delivered_at"]), one["channel"], one["level"], one["recipient_id"]


def _minute(said: str) -> str:
    return f"{datetime.fromisoformat(said).astimezone(BEIJING):%Y-%m-%d %H:%M}"
