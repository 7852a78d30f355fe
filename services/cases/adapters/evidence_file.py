"""Files that people bring: which kinds are taken, and what a scanner says of them."""

from collections.abc import Collection
from dataclasses import replace

from services.cases.adapters import scanner
from services.cases.errors import FileNotTaken
from services.cases.settings import settings
from shared.files import FileKind, Files, Kept, recognise
from shared.uploads import Upload

TAKEN = frozenset(
    {
        FileKind.PDF,
        FileKind.OFD,
        FileKind.PNG,
        FileKind.JPEG,
        FileKind.WEBP,
        FileKind.HEIC,
        FileKind.MP4,
        FileKind.XLSX,
        FileKind.DOCX,
    }
)


async def keep(files: Files, upload: Upload, kinds: Collection[str] = TAKEN) -> Kept:
    """Keep a file, known by its first bytes; raise FileNotTaken for a kind that is not taken.

    None of it is parsed here. What a scanner finds is kept as well, apart: no door gives it out.
    """
    kind = recognise(upload.content)
    taken = sorted(one for one in TAKEN if one in kinds)
    if kind not in taken:
        raise FileNotTaken(kind=kind, taken=taken)
    said = await scanner.scan(upload.content, settings().scanner, settings().scanner_patience)
    kept = await files.keep(upload.content, kind=kind, name=upload.name)
    return replace(kept, scan=said)
