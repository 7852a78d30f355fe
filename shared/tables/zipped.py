"""What a zip is, by the names of its parts in small letters."""

from collections.abc import Collection

_CARRIED = {"macros": "xl/vbaproject.bin", "links": "xl/externallinks/"}


def foreign(names: Collection[str]) -> str:
    """Say why it is no workbook that is read here; nothing if it may be one."""
    if "xl/workbook.xml" in names:
        return ""
    if "xl/workbook.bin" in names or "content.xml" in names:
        return "other_table"
    if "word/document.xml" in names or "ppt/presentation.xml" in names:
        return "document"
    return "" if "[content_types].xml" in names else "archive"


def carried(names: Collection[str]) -> list[str]:
    """Name what it carries beside its cells, which neither runs nor is fetched."""
    return [
        note for note, start in _CARRIED.items() if any(name.startswith(start) for name in names)
    ]
