"""Plays the banks: the day's lines of wage accounts, and wages that they pay line by line."""

import csv
import io
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from services.demo import workers
from services.demo.facts import Row, Scenario
from services.demo.stage import ALONE, Client, Fact, Json
from shared import clock


def _by_account_and_day(scenario: Scenario) -> dict[str, dict[date, list[Row]]]:
    """Give the bank lines in order of their instants; they are looked up for each day's feed."""
    found: dict[str, dict[date, list[Row]]] = {}
    for row in sorted(scenario.rows("lines.csv"), key=lambda r: datetime.fromisoformat(r["at"])):
        day = clock.day_of(datetime.fromisoformat(row["at"]))
        found.setdefault(row["account_no"], {}).setdefault(day, []).append(row)
    return found


def _told(row: Row, *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names if row[name]}


def _moved(row: Row) -> Decimal:
    return Decimal(row["amount"]) * (1 if row["direction"] == "in" else -1)


class Banks:
    """Knows what moved on each account, and pays wages from it."""

    def __init__(
        self, scenario: Scenario, client: Client, organisations: Mapping[str, str]
    ) -> None:
        """Take the facts, the way to the services, and the ids that codes stand for."""
        self.scenario, self.client, self.organisations = scenario, client, organisations
        self.balances: dict[str, Decimal] = {}
        self.lines = _by_account_and_day(scenario)
        self.sources = {row["code"]: row for row in scenario.rows("sources.csv")}
        self.accounts = {row["project"]: row for row in scenario.rows("wage_accounts.csv")}

    def open(self, account: Row) -> None:
        """Open an account with what lies on it."""
        self.balances[account["account_no"]] = Decimal(account["opening_balance"])

    async def _call(self, path: str, source: Row, **sent: Any) -> Json:
        """Make a request for the bank of a source."""
        return await self.client.call("POST", f"/payroll/v1/{path}", **self._who(source), **sent)

    def _who(self, source: Row) -> dict[str, Any]:
        return {
            "role": "bank",
            "area": source["area_code"],
            "org": self.organisations[source["bank"]],
        }

    def feeds(self, source: Row, first: date) -> list[Fact]:
        """Give a feed for every calendar day, sent next morning unless a file says when."""
        late = {
            date.fromisoformat(row["day"]): datetime.fromisoformat(row["sent_at"])
            for row in self.scenario.rows("late_feeds.csv")
            if row["source"] == source["code"]
        }
        hour = time.fromisoformat(source["sends_at"])
        feeds = []
        day = first
        while clock.day_end(day) < self.scenario.ends:
            sent = clock.at(day + timedelta(days=1), hour.hour, hour.minute)
            # Only payroll takes a feed; the others hear of it by events, which carry its instant.
            feeds.append(Fact(late.get(day, sent), partial(self._feed, source, day), ALONE))
            day += timedelta(days=1)
        return feeds

    async def _feed(self, source: Row, day: date) -> None:
        mine = [
            row
            for row in self.scenario.rows("wage_accounts.csv")
            if row["source"] == source["code"]
            and row["account_no"] in self.balances
            and date.fromisoformat(row["opened_on"]) <= day
        ]
        body = {
            "source": source["code"],
            "day": day.isoformat(),
            "final": True,
            "accounts": [self._statement(row["account_no"], day) for row in mine],
        }
        await self._call("bank-feeds", source, body=body)

    def _statement(self, account_no: str, day: date) -> dict[str, Any]:
        """Give one account's day: its lines with running balances, worked out as a bank does."""
        opening = balance = self._balance_before(account_no, day)
        lines = []
        for row in self.lines.get(account_no, {}).get(day, []):
            balance += _moved(row)
            line: dict[str, Any] = {
                **_told(row, "serial", "at", "direction", "amount", "purpose"),
                "balance": str(balance),
            }
            if row["counterparty_name"]:
                line["counterparty"] = {
                    "name": row["counterparty_name"],
                    "account_no": row["counterparty_account"],
                }
            lines.append(line)
        return {
            "account_no": account_no,
            "opening": str(opening),
            "closing": str(balance),
            "lines": lines,
        }

    def _balance_before(self, account_no: str, day: date) -> Decimal:
        days = self.lines.get(account_no, {}).items()
        moved = (_moved(row) for on, rows in days if on < day for row in rows)
        return self.balances[account_no] + sum(moved, Decimal(0))

    async def pay(self, payroll: Row, batch: str, now: datetime) -> None:
        """Pay a batch as its instruction says, all but what comes back, and tell of each line."""
        account = self.accounts[payroll["project"]]
        source = self.sources[account["source"]]
        path = f"disbursements/{batch}/instruction"
        asked = {"purpose": "代发农民工工资", "kind": "csv"}
        taken = await self.client.ask(
            "POST", f"/payroll/v1/{path}", body=asked, **self._who(source)
        )
        told = csv.DictReader(io.StringIO(taken.content.decode("utf-8-sig")))
        orders = [row for row in told if row["明细标识"]]
        back = self._back(payroll, now)
        serial = f"DF{now:%Y%m%d%H%M}-{payroll['period']}"
        day = clock.day_of(now).isoformat()
        results = [_result(row, back.get(row["收款账号"]), serial, day) for row in orders]
        await self._call(f"disbursements/{batch}/results", source, body={"results": results})
        paid = [one for one in results if one["status"] == "settled"]
        if paid:
            self._debit(account["account_no"], payroll["period"], serial, paid, now)

    def _back(self, payroll: Row, now: datetime) -> dict[str, str]:
        """Give the cards from which wages come back at an instant, each with the reason."""
        return {
            workers.card_no(int(row["worker"])): row["reason"]
            for row in self.scenario.rows("returned.csv")
            if (row["project"], row["period"]) == (payroll["project"], payroll["period"])
            and not (row["again_at"] and datetime.fromisoformat(row["again_at"]) <= now)
        }

    def _debit(
        self, account_no: str, period: str, serial: str, paid: list[dict[str, Any]], now: datetime
    ) -> None:
        """Take what was paid off the account, in one line as banks do."""
        year, month = period.split("-")
        row = {
            "serial": serial,
            "at": now.isoformat(),
            "direction": "out",
            "amount": str(sum((Decimal(one["amount"]) for one in paid), Decimal(0))),
            "counterparty_name": "代发工资专户",
            "counterparty_account": "42001755900090001",
            "purpose": f"{year}年{int(month)}月工资代发，{len(paid)}人",
        }
        days = self.lines.setdefault(account_no, {})
        mine = days.setdefault(clock.day_of(now), [])
        mine.append(row)
        mine.sort(key=lambda each: datetime.fromisoformat(each["at"]))


def _result(row: Mapping[str, str], reason: str | None, serial: str, day: str) -> dict[str, Any]:
    line = {
        "line_id": row["明细标识"],
        "attempt": int(row["第几次"]),
        "amount": row["金额(元)"],
        "day": day,
    }
    if reason:
        return {**line, "status": "returned", "reason": reason}
    return {**line, "status": "settled", "serial": serial}
