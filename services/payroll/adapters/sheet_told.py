"""What is remembered over all tables of a list: its flaws, and who was seen where."""

from hashlib import sha256

from services.payroll.adapters.sheet_types import ERROR, Flaw, severity
from shared.tables import Header, plain


class Told:
    """Collects flaws up to a number, and counts the rest."""

    def __init__(self, kind: str, most: int) -> None:
        self.kind, self.left, self.more = kind, most, 0
        self.flaws: list[Flaw] = []

    def add(self, flaw: Flaw) -> bool:
        """Note a flaw; say whether it is grave."""
        if self.left > 0:
            self.flaws.append(flaw)
            self.left -= 1
        else:
            self.more += 1
        return severity(self.kind, flaw.code) == ERROR

    def taken(self) -> list[Flaw]:
        """Give the flaws since the last time."""
        found, self.flaws = self.flaws, []
        return found


class People:
    """Who was seen in the file already, over all its tables: where people and cards came first."""

    def __init__(self) -> None:
        self.period = ""
        self.persons: dict[object, tuple[str, int]] = {}
        self.cards: dict[str, tuple[str, int, str | None]] = {}


def digest_of(header: Header) -> str:
    """Give what a mapping is remembered by: the titles with their places, as people see them."""
    said = "|".join(f"{at}:{plain(title)}" for at, title in sorted(header.titles.items()))
    return sha256(said.encode()).hexdigest()[:32]
