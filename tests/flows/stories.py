"""The words in which stories of arrears cases are told: people, days, acts, and yuan.

A story is a generator: it yields the instant at which it goes on. Twelve of them are told on one
timeline, each in a village of its own, so that the ledger of a village is the ledger of a story.
Everything goes over HTTP, by people with tokens of their own.
"""

import heapq
import io
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter

from services.demo.stage import Client, PlayFailed, Stage
from tests.flows.folder import credit_code

CHINA = ZoneInfo("Asia/Shanghai")
YEAR = 2023
COUNTY, TOWN = "422828", "422828101"
AREAS = [
    ("0", "全国", None),
    ("42", "湖北省", "0"),
    ("4228", "恩施州", "42"),
    (COUNTY, "鹤峰县", "4228"),
    (TOWN, "走马镇", COUNTY),
]
CASES, PROCEEDINGS = "/cases/v1/arrears-cases", "/cases/v1/proceedings"
# Only cases moves by what is told; the others follow when something of theirs falls due.
MOVED = ("cases",)
PDF = b"%PDF-1.7\n% signed\n"
Told: TypeAlias = AsyncIterator[str]


@dataclass(frozen=True)
class Person:
    """Somebody with a token of his own: his role, his name, and the body that he speaks for."""

    role: str
    name: str
    body: str = ""


DESK = Person("intake_desk", "窗口甲")
INSPECTOR = Person("inspector", "监察员甲", "labour_inspection")
COLLEAGUE = Person("inspector", "监察员乙", "labour_inspection")
HEAD = Person("wage_office", "治欠办主任", "wage_office")
CLERK = Person("town", "镇经办", "town")
HOUSING = Person("inspector", "住建经办", "housing")
OFFICERS = ["监察员甲", "监察员乙"]


def instant(said: str) -> datetime:
    """Read `03-02 09:00` as an instant of the year in China."""
    return datetime.fromisoformat(f"{YEAR}-{said}").replace(tzinfo=CHINA)


def day(said: str) -> str:
    return f"{YEAR}-{said}"


def last_day(due_at: str) -> str:
    """Give the last day on which a limit is kept, or the instant of one that runs by the hour."""
    due = datetime.fromisoformat(due_at).astimezone(CHINA)
    if due.time() == datetime.min.time():
        return f"{due - timedelta(days=1):%m-%d}"
    return f"{due:%m-%d %H:%M}"


def running(clocks: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Give the last day of each limit that runs or has run out unkept."""
    return {
        one["kind"]: last_day(one["due_at"])
        for one in clocks
        if one["ended_at"] is None and one["due_at"]
    }


def sheet(*rows: tuple[str, str, str]) -> bytes:
    """Write a list of workers as an office has it: name, months, yuan."""
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        page = book.add_worksheet()
        for place, row in enumerate([("姓名", "欠薪月份", "欠薪金额（元）"), *rows]):
            page.write_row(place, 0, row)
    return kept.getvalue()


@dataclass
class Story:
    """One case, told by its acts; what it is checked by is read anew each time."""

    client: Client
    bodies: Mapping[str, str]
    village: str
    case: dict[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    # ---- who asks whom ------------------------------------------------------------------------

    async def ask(self, who: Person, method: str, path: str, **asked: Any) -> Any:  # noqa: ANN401 -- as JSON is
        """Ask a service as a person; what is refused raises PlayFailed with the problem."""
        org = self.bodies.get(who.body, "")
        said = {"role": who.role, "area": COUNTY, "org": org, "person": who.name}
        return await self.client.call(method, path, **said, **asked)

    async def refused(self, code: str, asked: Any) -> None:  # noqa: ANN401 -- an act of below
        """See that something is refused, and why; nothing has come of it."""
        with pytest.raises(PlayFailed, match=code):
            await asked

    @property
    def where(self) -> str:
        return f"{CASES}/{self.case['id']}"

    async def read(self) -> dict[str, Any]:
        """Read the case as it is now."""
        self.case = await self.ask(INSPECTOR, "GET", self.where)
        return self.case

    async def _sent(self, who: Person, path: str, **said: Any) -> Any:  # noqa: ANN401 -- as JSON is
        body = {"version": self.case["version"], **said}
        made = await self.ask(who, "POST", path, body=body)
        await self.read()
        return made

    # ---- what is told and done ----------------------------------------------------------------

    async def tell(self, channel: str, **said: Any) -> dict[str, Any]:
        """Let a desk take in what somebody tells; the case is this story's from then on."""
        by = said.pop("by", DESK)
        body = {
            "channel": channel, "area_code": self.village, "place": f"{self.village}工地",
            "text": "工资未发", "speaker": "worker", "industry": "construction",
        } | said  # fmt: skip
        if body["speaker"] in {"worker", "representative"}:
            body |= {"name": f"工人{self.village}", "phone": f"138{self.village[-8:]}"}
        made = await self.ask(by, "POST", CASES, body=body)
        self.case = made["case"]
        await self.read()
        report: dict[str, Any] = made["report"]
        return report

    async def do(self, who: Person, act: str, **said: Any) -> dict[str, Any]:
        """Do an act of the case's course."""
        await self._sent(who, f"{self.where}/steps", act=act, **said)
        return self.case

    async def enter(self, who: Person, *people: tuple[str, str, str]) -> None:
        """Enter workers: name, months, yuan claimed."""
        lines = [{"name": name, "months": months, "claimed": yuan} for name, months, yuan in people]
        taken = await self._sent(who, f"{self.where}/lines", lines=lines)
        assert (taken["accepted"], taken["rejected"]) == (len(people), 0)
        await self._known()

    async def bring(self, who: Person, *people: tuple[str, str, str]) -> dict[str, Any]:
        """Bring workers in a sheet."""
        said = {"files": {"file": ("名册.xlsx", sheet(*people))}}
        form = {"version": str(self.case["version"])}
        made = await self.ask(who, "POST", f"{self.where}/line-lists", data=form, **said)
        await self.read()
        await self._known()
        taken: dict[str, Any] = made
        return taken

    async def _known(self) -> None:
        shown = await self.ask(INSPECTOR, "GET", f"{self.where}/lines", query={"limit": 200})
        self.lines = [one["id"] for one in shown["items"]]

    async def verify(self, who: Person, *yuan: str) -> None:
        """Say what is found to be owed to each worker, in the order of the lines."""
        pairs = zip(self.lines, yuan, strict=True)
        lines = [{"line_id": line, "verified": amount} for line, amount in pairs]
        await self._sent(who, f"{self.where}/verifications", lines=lines)

    async def pay(self, who: Person, source: str, on: str, *yuan: str, **said: Any) -> None:
        """Count what came to each worker by the bank's lines; nothing where it is `0`."""
        payments = [
            {
                "line_id": line, "amount": amount, "source": source, "paid_on": day(on),
                "proof": "bank_line", "bank_serial": f"{source}-{on}-{place}",
            } | said
            for place, (line, amount) in enumerate(zip(self.lines, yuan, strict=True), 1)
            if amount != "0"
        ]  # fmt: skip
        await self._sent(who, f"{self.where}/payments", payments=payments)

    async def change(self, who: Person, place: int, **said: Any) -> None:
        """Write down what a worker says of his line."""
        await self._sent(who, f"/cases/v1/arrears-lines/{self.lines[place - 1]}/change", **said)

    async def file(self, who: Person) -> str:
        """Bring a signed paper; give its id."""
        files = {"file": ("paper.pdf", PDF, "application/pdf")}
        made = await self.ask(who, "POST", f"{self.where}/evidence", files=files)
        kept: str = made["id"]
        return kept

    async def propose(self, who: Person, conclusion: str, *proofs: str) -> None:
        """Propose that it ends so, with the papers that the conclusion asks for."""
        brought = {name: await self.file(who) for name in proofs}
        await self.do(who, "propose_end", conclusion=conclusion, proofs=brought)

    # ---- proceedings beside it ----------------------------------------------------------------

    async def open(self, who: Person, kind: str, **said: Any) -> dict[str, Any]:
        """Open a proceeding beside the case."""
        made = await self.ask(who, "POST", f"{self.where}/proceedings", body={"kind": kind, **said})
        await self.read()
        opened: dict[str, Any] = made
        return opened

    async def beside(self, kind: str) -> list[dict[str, Any]]:
        """Give the case's proceedings of a kind as they are now, the first first."""
        query = {"case_id": self.case["id"], "kind": kind}
        shown = await self.ask(INSPECTOR, "GET", PROCEEDINGS, query=query)
        return [await self.ask(INSPECTOR, "GET", f"{PROCEEDINGS}/{one['id']}")
                for one in shown["items"]]  # fmt: skip

    async def move(self, who: Person, kind: str, act: str, **said: Any) -> dict[str, Any]:
        """Do an act upon the one proceeding of a kind that is not over."""
        [one] = [one for one in await self.beside(kind) if one["ended_at"] is None]
        body = {"act": act, "version": one["version"], **said}
        made = await self.ask(who, "POST", f"{PROCEEDINGS}/{one['id']}/steps", body=body)
        await self.read()
        moved: dict[str, Any] = made
        return moved

    # ---- what it is checked by ----------------------------------------------------------------

    @property
    def limits(self) -> dict[str, str]:
        """Give the last day of each limit of the case's own course, as it was last read."""
        return running(self.case["clocks"])

    async def owes(self) -> tuple[str, str, str, str]:
        """Give claimed, verified, paid and owed of the case."""
        case = await self.read()
        return case["claimed"], case["verified"], case["paid"], case["owed"]

    async def money(self) -> dict[str, Any]:
        """Give what the case comes to by source, and what is to be recovered."""
        told: dict[str, Any] = await self.ask(HEAD, "GET", f"{self.where}/money")
        return told

    async def ledger(self) -> dict[str, tuple[Any, ...]]:
        """Give each class of the village's ledger: cases, closed, workers, and its yuan."""
        path, query = "/cases/v1/arrears-ledger/counts", {"area_code": self.village, "by": "source"}
        told = await self.ask(HEAD, "GET", path, query=query)
        names = ("cases", "closed", "closed_in_limit", "workers", "claimed", "verified", "paid",
                 "owed")  # fmt: skip
        classes = ("wages", "works_price", "false_claim")
        sums = {one: told["whole"][one]["now"] for one in classes}
        return {
            one: tuple(now[name] for name in names) for one, now in sums.items() if now["cases"]
        }

    async def late(self) -> list[tuple[str, str, str]]:
        """Give the items that tell of limits gone by: their kind, since when, until when."""
        path = "/cases/v1/watch-items"
        query = {"kind": "case_step_overdue", "area_code": self.village}
        shown = await self.ask(HEAD, "GET", path, query=query)
        return sorted(
            (
                one["facts"][0] if one["facts"] else "",
                _minute(one["opened_at"]),
                _minute(one["closed_at"]) if one["closed_at"] else "",
            )
            for one in shown["items"]
        )

    async def history(self) -> list[str]:
        """Give what was done with the case, in its order."""
        case = await self.read()
        return [one["what"] for one in case["steps"]]


def _minute(said: str) -> str:
    return f"{datetime.fromisoformat(said).astimezone(CHINA):%m-%d %H:%M}"


Tale: TypeAlias = Callable[[Story], Told]


@dataclass
class Timeline:
    """Tells stories beside each other: whoever goes on first is heard first."""

    stage: Stage
    failed: dict[str, BaseException] = field(default_factory=dict)

    async def tell(self, stories: Mapping[str, tuple[Story, Tale]]) -> None:
        """Tell all of them to their ends; one that fails stops alone, and says so in its test."""
        tales = {name: tale(story) for name, (story, tale) in stories.items()}
        waiting: list[tuple[datetime, int, str]] = []
        for place, name in enumerate(tales):
            await self._on(tales[name], name, place, waiting)
        while waiting:
            now, place, name = heapq.heappop(waiting)
            if now != self.stage.now:
                await self.stage.go(now, MOVED)
            await self._on(tales[name], name, place, waiting)
            if not waiting or waiting[0][0] != now:
                await self.stage.happened(now, MOVED)

    async def _on(
        self, tale: Told, name: str, place: int, waiting: list[tuple[datetime, int, str]]
    ) -> None:
        try:
            heapq.heappush(waiting, (instant(await anext(tale)), place, name))
        except StopAsyncIteration:
            return
        except Exception as failure:  # noqa: BLE001 -- raised again by the story's own test
            self.failed[name] = failure


async def settle(client: Client, stage: Stage, villages: Sequence[str]) -> dict[str, str]:
    """Enter what is there before the stories begin: areas, days, and bodies by what they are."""
    await stage.go(instant("03-01 08:00"))
    areas = [*AREAS, *((code, f"第{code[-2:]}村", TOWN) for code in villages)]
    items = [
        {"code": code, "name": name, "parent_code": above, "valid_from": "1949-10-01"}
        for code, name, above in areas
    ]
    await client.call("POST", "/registry/v1/areas", body={"items": items})
    for year in (YEAR - 1, YEAR, YEAR + 1):
        body = {"area_code": "0", "year": year}
        await client.call("POST", "/registry/v1/calendars", body=body)
    await stage.settle()
    bodies = {}
    for name, role in BODIES.items():
        body = {
            "credit_code": credit_code(name), "name": name, "area_code": COUNTY,
            "roles": [role], "trades": [],
        }  # fmt: skip
        made = await client.call("POST", "/registry/v1/organisations", body=body)
        bodies[name] = made["id"]
    own = {
        "area_code": COUNTY, "version": 1, "valid_from": f"{YEAR}-01-01", "kind": "local",
        "unit": "wd", "length": 30, "basis": "县实施方案：30个工作日内办结", "certainty": "B",
    }  # fmt: skip
    await client.call("POST", "/cases/v1/terms/clocks", body=own, role="wage_office", area=COUNTY)
    await stage.settle()
    return bodies


BODIES = {
    "labour_inspection": "labour_inspection", "wage_office": "wage_office", "town": "town",
    "housing": "sector_authority", "developer": "developer",
}  # fmt: skip
