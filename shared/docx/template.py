"""Templates: which fields stand in them, what they may not carry, and how they are filled.

The XML of a part is never built anew: what stands between the fields stays byte by byte as the
office's program wrote it, so that names of spaces, settings and fonts survive.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from xml.parsers import expat  # declarations, with which all attacks begin, are refused
from xml.sax.saxutils import escape

_FIELD = re.compile(rb"\{\{([^{}]{1,200})\}\}")
_BRACES = re.compile(rb"\{\{|\}\}")
_TAG = re.compile(rb"<[^\s/>]+(?:\s+[^\s=]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*/?>")
_WRITTEN = re.compile(r"word/(?:document|header\d*|footer\d*)\.xml")
# What a document shows or says of itself; programs, objects and other documents are none of it.
_TAKEN = (".xml", ".rels", ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".emf", ".wmf", ".odttf")
_REACHING = re.compile(r"\b(?:DDE\w*|INCLUDE\w*|LINK|IMPORT|DATABASE|MACROBUTTON)\b", re.IGNORECASE)
_MOST_PARTS, _MOST_BYTES = 500, 32 << 20
_MADE = (2000, 1, 1, 0, 0, 0)
_UNSAID = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]")


def xml_text(words: str) -> str:
    """Give words as XML bears them: without what no document of it may hold (XML 1.0, 2.2)."""
    return escape(_UNSAID.sub("", words))


class Unfit(Exception):
    """A file that is no template at all; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Fault(NamedTuple):
    """What a template may not have: a code, and the part, field or words that it is about."""

    code: str
    about: str


class Found(NamedTuple):
    """What stands in a template: its fields in their order, and its faults."""

    fields: list[str]
    faults: list[Fault]


class _Cut(NamedTuple):
    """Bytes that go out, for the value of a field; of no name they only go out."""

    start: int
    end: int
    name: str
    tag: str


class _Span(NamedTuple):
    start: int
    end: int


def look(content: bytes, repeated: list[str]) -> Found:
    """Say which fields a template has, and what is wrong with it."""
    fields: dict[str, None] = {}
    try:
        parts = _parts(content)
        faults = [*_foreign(parts)]
        for name, data in parts.items():
            if _WRITTEN.fullmatch(name):
                part = _Part(data)
                faults += part.faults
                fields |= dict.fromkeys(cut.name for cut in part.cuts if cut.name)
                faults += [
                    Fault("outside_table", cut.name)
                    for cut in part.cuts
                    if cut.name in repeated and part.row_of(cut) is None
                ]
    except Unfit as error:
        return Found([], [Fault(error.code, "")])
    return Found([*fields], [*dict.fromkeys(faults)])


def fill(
    content: bytes, values: dict[str, str], rows: list[dict[str, str]], repeated: list[str]
) -> bytes:
    """Give the document: each field has its value, each repeated row comes once for each row."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in _parts(content).items():
            written = (
                _Part(data).filled(values, rows, repeated) if _WRITTEN.fullmatch(name) else data
            )
            # The same values are the same bytes, whenever it is made.
            info = zipfile.ZipInfo(name, _MADE)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, written)
    return file.getvalue()


def _parts(content: bytes) -> dict[str, bytes]:
    """Give the parts of a document by their names; raise Unfit of what is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
            sizes = sum(info.file_size for info in infos)
            if len(infos) > _MOST_PARTS or sizes > _MOST_BYTES:
                raise Unfit("too_large")
            parts = {info.filename: archive.read(info) for info in infos if not info.is_dir()}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise Unfit("no_document") from error
    if "word/document.xml" not in parts or "[Content_Types].xml" not in parts:
        raise Unfit("no_document")
    return parts


def _foreign(parts: Mapping[str, bytes]) -> Iterator[Fault]:
    """Find what a document carries beside text and pictures, and what it fetches elsewhere."""
    for name, data in parts.items():
        if not name.lower().endswith(_TAKEN) or ".." in name:
            yield Fault("carried", name)
        elif name.endswith(".rels") and _reaches_out(data):
            yield Fault("fetched", name)


def _reaches_out(data: bytes) -> bool:
    found = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal found
        outside = attributes.get("TargetMode") == "External"
        # A link that somebody clicks on is his own affair; the rest is fetched unasked.
        found = found or (outside and not attributes.get("Type", "").endswith("/hyperlink"))

    parser = _parser()
    parser.StartElementHandler = start
    _parse(parser, data)
    return found


def _parser() -> expat.XMLParserType:
    def declared(*_: object) -> None:
        raise Unfit("declarations")

    def encoded(version: str, encoding: str | None, standalone: int) -> None:
        if encoding and encoding.lower() not in {"utf-8", "us-ascii"}:
            raise Unfit("encoding")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = declared
    parser.EntityDeclHandler = declared
    parser.XmlDeclHandler = encoded
    return parser


def _parse(parser: expat.XMLParserType, data: bytes) -> None:
    try:
        parser.Parse(data, True)  # noqa: FBT003 -- its signature
    except expat.ExpatError as error:
        raise Unfit("broken") from error


class _Part:
    """One part with text: where its fields and the rows of its tables stand, in bytes."""

    def __init__(self, data: bytes) -> None:
        if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
            raise Unfit("encoding")
        self.data = data
        self.cuts: list[_Cut] = []
        self.rows: list[_Span] = []
        self.faults: list[Fault] = []
        self._prefix: str | None = None
        self._paragraphs: list[list[_Span]] = []
        self._row_starts: list[int] = []
        self._text_start = -1
        self._said: list[str] | None = None
        self._parser = _parser()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        _parse(self._parser, data)
        self.cuts.sort()

    @property
    def _here(self) -> int:
        return self._parser.CurrentByteIndex

    def _after(self, start: int) -> int:
        """Give where the tag that begins here ends."""
        tag = _TAG.match(self.data, start)
        if tag is None:
            raise Unfit("broken")
        return tag.end()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._prefix is None:
            self._prefix = name.rpartition(":")[0]
        prefix, _, local = name.rpartition(":")
        if prefix != self._prefix:
            return
        if local == "p":
            self._paragraphs.append([])
        elif local == "tr":
            self._row_starts.append(self._here)
        elif local == "t":
            self._text_start = self._here
        elif local == "instrText":
            self._said = []
        elif local == "fldSimple":
            self._reach("".join(attributes.values()))

    def _end(self, name: str) -> None:
        prefix, _, local = name.rpartition(":")
        if prefix != self._prefix:
            return
        if local == "p" and self._paragraphs:
            self._find(self._paragraphs.pop())
        elif local == "tr":
            self.rows.append(_Span(self._row_starts.pop(), self._after_end()))
        elif local == "t" and self._paragraphs and self._here > self._text_start:
            self._paragraphs[-1].append(_Span(self._after(self._text_start), self._here))
        elif local == "instrText":
            self._reach("".join(self._said or ()))
            self._said = None

    def _after_end(self) -> int:
        return self.data.index(b">", self._here) + 1

    def _characters(self, said: str) -> None:
        if self._said is not None:
            self._said.append(said)

    def _reach(self, code: str) -> None:
        if _REACHING.search(code):
            self.faults.append(Fault("fetched", code.strip()[:80]))

    def _find(self, spans: list[_Span]) -> None:
        """Find the fields of a paragraph, over all runs that its text was split into."""
        text = b"".join(self.data[span.start : span.end] for span in spans)
        for match in _FIELD.finditer(text):
            name = match[1].decode("utf-8").strip()
            for cut in self._pieces(spans, match.start(), match.end()):
                self.cuts.append(cut._replace(name=name))
                name = ""
        if _BRACES.search(_FIELD.sub(b"", text)):
            self.faults.append(Fault("braces", text.decode("utf-8", "replace")[:80]))

    def _pieces(self, spans: Sequence[_Span], start: int, end: int) -> Iterator[_Cut]:
        """Give where the bytes of a paragraph's text from start to end stand in the part."""
        at = 0
        for span in spans:
            length = span.end - span.start
            first, last = max(start - at, 0), min(end - at, length)
            if first < last:
                opened = self.data.rindex(b"<", 0, span.start)
                tag = self.data[opened + 1 : span.start].split(None, 1)[0].rstrip(b">/")
                yield _Cut(span.start + first, span.start + last, "", tag.decode("utf-8"))
            at += length

    def row_of(self, cut: _Cut) -> _Span | None:
        """Give the innermost row of a table that a field stands in."""
        around = [row for row in self.rows if row.start <= cut.start and cut.end <= row.end]
        return max(around, key=lambda row: row.start, default=None)

    def filled(
        self, values: Mapping[str, str], rows: Sequence[Mapping[str, str]], repeated: Sequence[str]
    ) -> bytes:
        """Give the part with values for its fields."""
        found = {self.row_of(cut) for cut in self.cuts if cut.name in repeated}
        spans = sorted(span for span in found if span is not None)
        out, at = [], 0
        for span in spans:
            if span.start < at:
                continue  # Within a row that is repeated as a whole.
            out.append(self._plain(_Span(at, span.start), values))
            out += [self._plain(span, {**values, **row}) for row in rows]
            at = span.end
        out.append(self._plain(_Span(at, len(self.data)), values))
        return b"".join(out)

    def _plain(self, span: _Span, values: Mapping[str, str]) -> bytes:
        out, at = [], span.start
        for cut in self.cuts:
            if span.start <= cut.start and cut.end <= span.end:
                out.append(self.data[at : cut.start])
                if cut.name:
                    out.append(_said(values[cut.name], cut.tag))
                at = cut.end
        out.append(self.data[at : span.end])
        return b"".join(out)


def _said(value: str, tag: str) -> bytes:
    """Give a value as text of a run; what is on several lines stays so."""
    prefix = tag.rpartition(":")[0]
    line = f"{prefix}:br" if prefix else "br"
    lines = xml_text(value).split("\n")
    return f'</{tag}><{line}/><{tag} xml:space="preserve">'.join(lines).encode()
