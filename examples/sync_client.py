"""Keep a copy of Xinqing's lists in a SQLite file: what a provincial system does, in one file.

    python sync_client.py --url https://xinqing.example --copy copy.sqlite < key.txt

Needs Python >= 3.11 and httpx, nothing of Xinqing. The key comes from standard input, so that no
list of processes shows it. Run it again whenever the copy shall be brought up to date: it asks only
for what changed since. It may be killed at any time: a page's rows and the cursor after them are
written in one transaction, so it goes on where it was.

Tables of the copy: `rows` (list, id, row as JSON), `cursors` (list, where to go on, as of when the
copy is whole). A row whose matter has ended stays and says so; one that left the key's areas is
removed.
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

LISTS = {
    "projects": "/registry/v1/exports/projects",
    "obligations": "/payroll/v1/exports/obligations",
    "watch_items": "/cases/v1/exports/watch-items",
}
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


def pull(http: httpx.Client, copy: Copy, name: str, path: str) -> bool:
    """Bring one list up to date; False if it must be begun anew. Raises CutOff."""
    _, cursor = copy.place(name)
    rows: list[dict[str, Any]] = []
    left: list[str] = []
    try:
        with http.stream("GET", path, params={"cursor": cursor} if cursor else {}) as answer:
            if answer.status_code == ANEW:
                copy.begin_anew(name)
                return False
            if answer.status_code in LATER:
                raise CutOff(f"status {answer.status_code}")
            answer.raise_for_status()
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


def keep(http: httpx.Client, copy: Copy, name: str) -> None:
    """Bring one list up to date, however often it is cut off; raise CutOff after some tries."""
    failures = 0
    while True:
        _, before = copy.place(name)
        try:
            if pull(http, copy, name, LISTS[name]):
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
    said = asked.parse_args()
    headers = {"authorization": f"Bearer {sys.stdin.readline().strip()}"}
    with (
        closing(Copy(said.copy)) as copy,
        httpx.Client(base_url=said.url, headers=headers, timeout=60) as http,
    ):
        for name in said.lists:
            keep(http, copy, name)
            sys.stdout.write(f"{name}: {copy.count(name)} rows\n")


if __name__ == "__main__":
    main()
