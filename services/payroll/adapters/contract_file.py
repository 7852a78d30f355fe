"""Papers of labour contracts: which kinds of files are taken, and how large."""

from services.payroll.errors import PaperNotTaken
from shared.files import FileKind, Files, Kept, recognise
from shared.uploads import MEBIBYTE, Upload

MOST_PAPER_BYTES = 20 * MEBIBYTE
TAKEN = frozenset(
    {FileKind.PDF, FileKind.OFD, FileKind.PNG, FileKind.JPEG, FileKind.WEBP, FileKind.HEIC}
)


async def keep(files: Files, upload: Upload) -> Kept:
    """Keep a file, known by its bytes; raise PaperNotTaken for what cannot be a signed paper."""
    kind = recognise(upload.content)
    if kind not in TAKEN:
        raise PaperNotTaken(kind=kind, taken=sorted(TAKEN))
    return await files.keep(upload.content, kind=kind, name=upload.name)
