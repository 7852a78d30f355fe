"""Plays what people tell of unpaid wages, and what offices do about it until it is struck off."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any

from services.demo import workers
from services.demo.case_facts import MONEY, TRANSFER
from services.demo.facts import Row, Scenario
from services.demo.stage import Client, Fact
from shared import clock

CASES = "/cases/v1/arrears-cases"
LEDGER = "/cases/v1/arrears-ledger"
PROCEEDINGS = "/cases/v1/proceedings"
# Who takes in what nobody else does, and whoever inspects together.
DESK, OFFICERS = "intake_desk", ["inspector-1", "inspector-2"]
PAPER = b"%PDF-1.7\n% what was signed on paper\n"

Said = Callable[[Row, datetime], Mapping[str, Any]]
# What an act says beside its name; an act that is not here says nothing more.
SAYS: Mapping[str, Said] = {
    "contact": lambda row, at: {"reached": True},
    "accept": lambda row, at: {"cause": row["code"]} if row["code"] else {},
    "refuse": lambda row, at: {
        "conclusion": row["code"], "reason": row["text"], "told": row["text"],
    },
    "finish": lambda row, at: {
        "result": row["text"], "officers": OFFICERS,
        **({"nature": row["code"]} if row["code"] else {}),
    },
    "decide": lambda row, at: {"decision": row["code"], "document_number": row["text"]},
    "mediate": lambda row, at: {"result": row["code"], "done_on": _day(at), "note": row["text"]},
    "refer": lambda row, at: {
        "way": row["code"], "body": row["text"], "reason": row["text"], "done_on": _day(at),
    },
    "transfer": lambda row, at: {
        "officers": OFFICERS, "decided_on": _day(at), "reason": row["text"],
        "document_number": row["code"],
    },
    "send": lambda row, at: {
        "body": row["text"], "document_number": row["code"], "done_on": _day(at),
    },
    "receipt": lambda row, at: {"done_on": _day(at)},
    "file": lambda row, at: {"document_number": row["code"], "done_on": _day(at)},
    "hand_materials": lambda row, at: {"done_on": _day(at)},
    "conclude": lambda row, at: {"outcome": row["code"], "done_on": _day(at)},
    "suspend": lambda row, at: {"reason": row["text"]},
    "resume": lambda row, at: {"reason": row["text"]},
    "return_end": lambda row, at: {"reason": row["text"]},
    "reopen": lambda row, at: {"reason": row["text"]},
}  # fmt: skip


def _says(row: Row, at: datetime) -> Mapping[str, Any]:
    said = SAYS.get(row["act"])
    return said(row, at) if said else {}


def _day(at: datetime) -> str:
    return clock.day_of(at).isoformat()


class Cases:
    """Knows which case each report came to, its version, and the lines of its people."""

    def __init__(
        self,
        scenario: Scenario,
        client: Client,
        projects: Mapping[str, str],
        organisations: Mapping[str, str],
    ) -> None:
        """Take the facts, the way to the services, and the ids of those that facts name."""
        self.scenario, self.client = scenario, client
        self.projects, self.organisations = projects, organisations
        self.told = {row["case"]: row for row in scenario.rows("cases.csv")}
        self.ids: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.lines: dict[str, Sequence[str]] = {}

    def happenings(self) -> Iterator[Fact]:
        """Give what was told and done at each instant; only cases takes it, in its order."""
        rows = [(row["told_at"], 0, row) for row in self.told.values()]
        rows += [(row["at"], 1, row) for row in self.scenario.rows("case_acts.csv")]
        rows.sort(key=lambda one: (datetime.fromisoformat(one[0]), one[1]))
        for instant, found in groupby(rows, key=itemgetter(0)):
            at = datetime.fromisoformat(instant)
            yield Fact(at, partial(self._happen, at, [row for *_, row in found]), ("cases",))

    async def _happen(self, at: datetime, rows: Sequence[Row]) -> None:
        for row in rows:
            await (self._act(row, at) if "act" in row else self._tell(row))

    async def _tell(self, row: Row) -> None:
        """Take in what somebody tells; whom it is about is known by number only."""
        numbers = workers.numbers(row["workers"])
        first = numbers[0]
        body: dict[str, Any] = {
            "area_code": self.scenario.area_code,
            "workers": len(numbers),
            "external_id": row["case"],
            "text": row["words"],
        }
        names = ("channel", "speaker", "industry", "place", "months", "employer_name", "amount")
        body |= {name: row[name] for name in names if row[name]}
        if row["project"]:
            body["project_id"] = self.projects[row["project"]]
        if row["employer"]:
            body["employer_id"] = self.organisations[row["employer"]]
        if row["speaker"] in {"worker", "representative"}:
            body |= {
                "name": workers.name(first),
                "phone": workers.phone(first),
                "id_number": workers.id_number(first),
            }
        made = await self.client.call("POST", CASES, body=body, **self._who(DESK))
        self._keep(row["case"], made["case"])

    async def _act(self, row: Row, at: datetime) -> None:
        """Do what an office does; each person has a token of his own."""
        who = self._who(row["role"], row["unit"], row["person"])
        case, act = row["case"], row["act"]
        body: dict[str, Any] = {"version": self.versions[self.ids[case]]}
        where = f"{CASES}/{self.ids[case]}"
        if act in MONEY:
            made = await self._money(where, row, at, body, who)
        elif act in TRANSFER:
            await self._transfer(self.ids[case], {"act": act, **_says(row, at)}, who)
            made = await self.client.call("GET", where, **who)
        else:
            body |= {"act": act, **_says(row, at)}
            if act == "hand_over":
                body |= {"reason": row["text"], "unit_id": self.organisations[row["to"]]}
            if act == "propose_end":
                body |= {"conclusion": row["code"], "proofs": await self._proofs(where, row, who)}
            made = await self.client.call("POST", f"{where}/steps", body=body, **who)
        self._keep(case, made)

    async def _money(
        self, where: str, row: Row, at: datetime, body: dict[str, Any], who: Mapping[str, str]
    ) -> Any:  # noqa: ANN401  a case
        """Enter people, say what is owed to each, or count what each was paid."""
        case, amounts = row["case"], row["yuan"].split("|")
        told = self.told[case]
        if row["act"] == "enter":
            people = zip(workers.numbers(told["workers"]), amounts, strict=True)
            body["lines"] = [
                {
                    "name": workers.name(number), "id_number": workers.id_number(number),
                    "months": told["months"], "claimed": amount,
                }
                for number, amount in people
            ]  # fmt: skip
            made = await self.client.call("POST", f"{where}/lines", body=body, **who)
            shown = await self.client.call("GET", f"{where}/lines", query={"limit": 200}, **who)
            self.lines[case] = [line["id"] for line in shown["items"]]
            return made["case"]
        each = list(zip(self.lines[case], amounts, strict=True))
        if row["act"] == "verify":
            body["lines"] = [{"line_id": line, "verified": amount} for line, amount in each]
            return await self.client.call("POST", f"{where}/verifications", body=body, **who)
        body["payments"] = [
            {
                "line_id": line, "amount": amount, "source": row["code"], "paid_on": _day(at),
                "proof": "bank_line", "bank_serial": f"{case}-{_day(at)}-{place}",
            }
            for place, (line, amount) in enumerate(each, start=1)
            if amount != "0"
        ]  # fmt: skip
        return await self.client.call("POST", f"{where}/payments", body=body, **who)

    async def _transfer(
        self, case_id: str, said: Mapping[str, Any], who: Mapping[str, str]
    ) -> None:
        """Do something about the one transfer of a case that is under way."""
        asked = {"case_id": case_id, "kind": "transfer"}
        [one] = (await self.client.call("GET", PROCEEDINGS, query=asked, **who))["items"]
        body = {"version": one["version"], **said}
        await self.client.call("POST", f"{PROCEEDINGS}/{one['id']}/steps", body=body, **who)

    async def _proofs(self, where: str, row: Row, who: Mapping[str, str]) -> Mapping[str, str]:
        """Bring the paper that a conclusion asks for."""
        if not row["proof"]:
            return {}
        files = {"file": (f"{row['proof']}.pdf", PAPER, "application/pdf")}
        made = await self.client.call("POST", f"{where}/evidence", files=files, **who)
        return {row["proof"]: made["id"]}

    def _keep(self, code: str, case: Mapping[str, Any]) -> None:
        self.ids[code] = case["id"]
        self.versions[case["id"]] = case["version"]

    def _who(self, role: str, unit: str = "", person: str = "") -> Mapping[str, str]:
        org = self.organisations[unit] if unit else ""
        return {"role": role, "area": self.scenario.area_code, "org": org, "person": person}


async def ledger(client: Client, area: str) -> Mapping[str, Any]:
    """Give the arrears ledger as the wage office sees it: its rows, and its sums by source."""
    who = {"role": "wage_office", "area": area}
    sums = await client.call("GET", f"{LEDGER}/counts", query={"by": "source"}, **who)
    rows = await client.everything(LEDGER, seen_by="wage_office", area=area, limit="200")
    return {"sums": sums, "rows": rows}


async def ledger_file(client: Client, area: str) -> bytes:
    """Give the ledger as the office sends it."""
    asked = await client.ask("GET", f"{LEDGER}/file", role="wage_office", area=area)
    return asked.content


Say = Callable[[str], None]
Table = Callable[[Sequence[Sequence[str]], Say], None]
_COLUMNS = (
    ("案件 cases", "cases"), ("未结 open", "open"), ("办结 closed", "closed"),
    ("按期 in limit", "closed_in_limit"), ("逾期 overdue", "overdue"),
    ("单位 employers", "employers"), ("人数 workers", "workers"),
    ("登记 claimed", "claimed"), ("核实 verified", "verified"), ("已付 paid", "paid"),
    ("尚欠 owed", "owed"),
)  # fmt: skip


def show(told: Mapping[str, Any], say: Say, table: Table) -> None:
    """Print the ledger's sums by source, and those classes that are in no total of wages."""
    if not told["rows"]:
        return
    sums = told["sums"]
    say("\n欠薪处置台账 arrears ledger (元 yuan)")
    rows = [["来源 source", *(title for title, _ in _COLUMNS)]]
    rows += [_line(group["name"], group["wages"]["now"]) for group in sums["groups"]]
    rows.append(_line("合计 all", sums["whole"]["wages"]["now"]))
    for name, words in (
        ("works_price", "工程款（另列）works price"),
        ("false_claim", "虚假讨薪（另列）false claims"),
    ):
        rows.append(_line(words, sums["whole"][name]["now"]))
    table(rows, say)


def _line(name: str, now: Mapping[str, Any]) -> list[str]:
    return [name, *(_said(now[column]) for _, column in _COLUMNS)]


def _said(value: Any) -> str:  # noqa: ANN401  a number, or yuan as text
    return f"{float(value):,.2f}" if isinstance(value, str) else f"{value:,}"
