"""Keep a copy of Xinqing's lists in a SQLite file: what a provincial system does, in one file.

    python sync_client.py --url https://xinqing.example --copy copy.sqlite < key.txt
    python sync_client.py … --as-of 2026-01-31 --lists projects < key.txt

Needs Python >= 3.11 and httpx, nothing of Xinqing. The key comes from standard input, so that no
list of processes shows it. Run it again whenever the copy shall be brought up to date: it asks only
for what changed since. It may be killed at any time: a page's rows and the cursor after them are
written in one transaction, so it goes on where it was.

Tables of the copy: `rows` (list, id, row as JSON), `cursors` (list, where to go on, as of when the
copy is whole). A row whose matter has ended stays and says so; one that left the key's areas is
removed. What a list said at the end of a day (`--as-of`) stands as a list of its own,
`projects@2026-01-31`, beside the copy that goes on.
"""

import argparse
import json
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx

# Every list that tells what changed. Most are told whole, as lines of one answer; the others
# (without `exports` in their path) are read page by page.
LISTS = {
    "organisations": "/registry/v1/exports/organisations",
    "projects": "/registry/v1/exports/projects",
    "works_contracts": "/registry/v1/exports/works-contracts",
    "requirements": "/registry/v1/exports/requirements",
    "subcontracts": "/registry/v1/subcontracts",
    "suspensions": "/registry/v1/suspensions",
    "area_assignments": "/registry/v1/area-assignments",
    "wage_accounts": "/payroll/v1/exports/wage-accounts",
    "obligations": "/payroll/v1/exports/obligations",
    "funding_requests": "/payroll/v1/exports/funding-requests",
    "watch_items": "/cases/v1/exports/watch-items",
    "correction_orders": "/cases/v1/exports/correction-orders",
    "funding_orders": "/cases/v1/exports/funding-orders",
    "leads": "/cases/v1/exports/leads",
    "proposals": "/cases/v1/exports/proposals",
    "arrears_cases": "/cases/v1/exports/arrears-cases",
    "alerts": "/alerts/v1/exports/alerts",
}
# Before everything.
BEGINNING = "1970-01-02T00:00:00Z"
PAGE = 200
TABLES = """
CREATE TABLE IF NOT EXISTS rows (
    list TEXT, id TEXT, round INTEGER, row TEXT, PRIMARY KEY (list, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cursors (
    list TEXT PRIMARY KEY, round INTEGER, next TEXT, as_of TEXT);
"""
TRIES, PAUSE = 8, 1.0
# The server's answers that pass: too many requests, or a database that is away.
LATER = {429, 502, 503, 504}
ANEW = 410


class CutOff(Exception):
    """The answer ended before its end, or did not come; asking again goes on where it was."""


class Copy:
    """The copy: rows by list and id, and each list's cursor."""

    def __init__(self, path: str) -> None:
        """Open the file, or begin one."""
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.executescript(TABLES)

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def place(self, name: str) -> tuple[int, str | None]:
        """Give a list's round (how often it was begun anew) and its cursor."""
        found = self.db.execute("SELECT round, next FROM cursors WHERE list = ?", (name,))
        return found.fetchone() or (1, None)

    def take(self, name: str, rows: list[dict[str, Any]], left: list[str], following: str) -> None:
        """Write a page and the cursor after it, both or neither."""
        turn, _ = self.place(name)
        self.db.execute("BEGIN IMMEDIATE")
        self.db.executemany(
            "INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?)",
            [(name, row["id"], turn, json.dumps(row, ensure_ascii=False)) for row in rows],
        )
        self.db.executemany(
            "DELETE FROM rows WHERE list = ? AND id = ?", [(name, row_id) for row_id in left]
        )
        self.db.execute(
            "INSERT INTO cursors VALUES (?, ?, ?, NULL)"
            " ON CONFLICT (list) DO UPDATE SET next = excluded.next",
            (name, turn, following),
        )
        self.db.execute("COMMIT")

    def finish(self, name: str, as_of: str) -> None:
        """Note that the copy is whole; what an earlier round had and this one has not is gone."""
        turn, _ = self.place(name)
        self.db.execute("BEGIN IMMEDIATE")
        self.db.execute("DELETE FROM rows WHERE list = ? AND round < ?", (name, turn))
        self.db.execute("UPDATE cursors SET as_of = ? WHERE list = ?", (as_of, name))
        self.db.execute("COMMIT")

    def is_whole(self, name: str) -> bool:
        """Say whether a list was brought to its end."""
        found = self.db.execute("SELECT as_of FROM cursors WHERE list = ?", (name,)).fetchone()
        return bool(found and found[0])

    def begin_anew(self, name: str) -> None:
        """Start another round: the server was restored, so its cursors count by nothing now."""
        self.db.execute("UPDATE cursors SET round = round + 1, next = NULL WHERE list = ?", (name,))

    def count(self, name: str) -> int:
        """Give how many rows of a list the copy holds."""
        found = self.db.execute("SELECT count(*) FROM rows WHERE list = ?", (name,))
        return int(found.fetchone()[0])


def lines(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    """Give the lines of an export; raise CutOff where it breaks off, within a line or not."""
    try:
        for line in answer.iter_lines():
            yield json.loads(line)
    except (httpx.TransportError, json.JSONDecodeError) as error:
        raise CutOff(type(error).__name__) from error


def accepted(copy: Copy, name: str, answer: httpx.Response) -> bool:
    """Say whether an answer tells of the list; False if it must be begun anew. Raises CutOff."""
    if answer.status_code == ANEW:
        copy.begin_anew(name)
        return False
    if answer.status_code in LATER:
        raise CutOff(f"status {answer.status_code}")
    answer.raise_for_status()
    return True


def pull(http: httpx.Client, copy: Copy, name: str, path: str, **asked: str) -> bool:
    """Bring a list that is told as lines up to date; False to begin it anew. Raises CutOff."""
    _, cursor = copy.place(name)
    rows: list[dict[str, Any]] = []
    left: list[str] = []
    try:
        with http.stream("GET", path, params={"cursor": cursor} if cursor else asked) as answer:
            if not accepted(copy, name, answer):
                return False
            for line in lines(answer):
                match line["kind"]:
                    case "row":
                        rows.append(line["row"])
                    case "left":
                        left.append(line["id"])
                    case "cursor":
                        copy.take(name, rows, left, line["next"])
                        rows, left = [], []
                    case "end":
                        copy.finish(name, line["as_of"])
                        return True
    except httpx.TransportError as error:
        raise CutOff(type(error).__name__) from error
    raise CutOff("no end")


def turn_pages(http: httpx.Client, copy: Copy, name: str, path: str) -> bool:
    """Bring a list that is read page by page up to date; False to begin it anew. Raises CutOff."""
    while True:
        _, cursor = copy.place(name)
        asked = {"cursor": cursor} if cursor else {"changed_after": BEGINNING}
        try:
            answer = http.get(path, params=asked | {"limit": str(PAGE)})
            if not accepted(copy, name, answer):
                return False
            page = answer.json()
        except (httpx.TransportError, json.JSONDecodeError) as error:
            raise CutOff(type(error).__name__) from error
        copy.take(name, page["items"], page["left"], page["next"])
        if not page["items"] and not page["left"]:
            copy.finish(name, answer.headers["date"])
            return True


def keep(http: httpx.Client, copy: Copy, name: str, as_of: str | None = None) -> None:
    """Bring one list up to date, however often it is cut off; raise CutOff after some tries.

    `as_of`: what it said at the end of a day that is over, once; it says the same for ever.
    """
    path, failures = LISTS[name], 0
    if as_of:
        name = f"{name}@{as_of}"
    while not (as_of and copy.is_whole(name)):
        _, before = copy.place(name)
        try:
            if as_of:
                whole = pull(http, copy, name, path, as_of=as_of)
            elif "/exports/" in path:
                whole = pull(http, copy, name, path)
            else:
                whole = turn_pages(http, copy, name, path)
            if whole:
                return
        except CutOff as cut:
            # What went forward is no failure: a long export may be cut off often.
            failures = failures + 1 if copy.place(name)[1] == before else 0
            if failures >= TRIES:
                raise
            sys.stderr.write(f"{name}: {cut}, going on\n")
            time.sleep(min(PAUSE * 2**failures, 60))


def main() -> None:
    """Bring the copy up to date once; say what it holds."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--url", required=True, help="where the services are, without a path")
    asked.add_argument("--copy", required=True, help="the SQLite file of the copy")
    asked.add_argument("--lists", nargs="+", choices=sorted(LISTS), default=sorted(LISTS))
    asked.add_argument("--as-of", help="what exports said at the end of this day, 2026-01-31")
    said = asked.parse_args()
    if said.as_of and any("/exports/" not in LISTS[name] for name in said.lists):
        asked.error("--as-of: name --lists that are told whole")
    headers = {"authorization": f"Bearer {sys.stdin.readline().strip()}"}
    with (
        closing(Copy(said.copy)) as copy,
        httpx.Client(base_url=said.url, headers=headers, timeout=60) as http,
    ):
        for name in said.lists:
            keep(http, copy, name, said.as_of)
            kept = f"{name}@{said.as_of}" if said.as_of else name
            sys.stdout.write(f"{kept}: {copy.count(kept)} rows\n")


if __name__ == "__main__":
    main()
