"""Files that show that a system is in place: which kinds are taken."""

from services.registry.errors import FileNotTaken
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
        FileKind.XLSX,
        FileKind.DOCX,
    }
)


async def keep(files: Files, upload: Upload) -> Kept:
    """Keep a file, known by its bytes; raise FileNotTaken for a kind that is no evidence."""
    kind = recognise(upload.content)
    if kind not in TAKEN:
        raise FileNotTaken(kind=kind, taken=sorted(TAKEN))
    return await files.keep(upload.content, kind=kind, name=upload.name)
