"""Makes a county from seeds: a scenario folder for the player, the same facts for the model."""

import csv
import json
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from tests.flows import reference
from tests.flows.reference import CHINA, Contract, County, Line

PERIODS = ["2023-02", "2023-03", "2023-04", "2023-05", "2023-06"]
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
BEGINS = datetime(2023, 1, 4, tzinfo=CHINA)
# The first day that is fed: a Saturday on which people work.
FIRST_DAY = date(2023, 1, 28)


def credit_code(number: int) -> str:
    """Give an invented credit code with a right check digit (GB 32100)."""
    body = f"91422828{number:09d}"
    total = sum(ALPHABET.index(c) * w for c, w in zip(body, WEIGHTS, strict=True))
    return body + ALPHABET[(31 - total) % 31]


@dataclass(frozen=True)
class Span:
    """How long a county is watched: its periods, and the working days after the last due day."""

    months: int
    after: int

    @property
    def periods(self) -> list[str]:
        return PERIODS[: self.months]

    @property
    def ends(self) -> datetime:
        last = reference.due_day(self.periods[-1], 31)
        return reference.nine(last, self.after)


@dataclass
class Made:
    """A county made from seeds: where its folder is, and its facts for the model."""

    folder: Path
    facts: County


class Maker:
    """Draws a part of a county; everything comes from the seed, every name begins with it."""

    def __init__(self, seed: int, projects: int, span: Span, late: range) -> None:
        self.dice = random.Random(seed)
        self.seed, self.span = seed, span
        self.sources = [f"S{seed}-{number}" for number in range(self.dice.choice([1, 2]))]
        self.contracts: list[Contract] = []
        self.lines: list[Line] = []
        self.named: dict[str, str] = {}
        self.late: dict[tuple[str, date], datetime] = {}
        for number in range(projects):
            self._contract(number)
        self._late_days(late)

    def _contract(self, number: int) -> None:
        dice = self.dice
        account = f"1755{self.seed:06d}{number:07d}" if dice.random() < 0.85 else None
        source = dice.choice(self.sources) if account else None
        first = dice.choice([0, 0, 1])
        periods = self.span.periods[first : dice.choice([3, 4, 5])] or self.span.periods
        amount = Decimal(dice.randrange(10_000, 90_000_000)) / 100
        contract = Contract(
            f"P{self.seed}-{number}",
            account,
            source,
            periods,
            dice.choice([10, 25, 28, 31]),
            [amount] * len(periods),
        )
        self.contracts.append(contract)
        if account:
            for place, period in enumerate(periods):
                self._pay(contract, place, period)

    def _pay(self, contract: Contract, place: int, period: str) -> None:
        dice, amount = self.dice, contract.amounts[place]
        due = reference.due_day(period, contract.transfer_day)
        way = dice.choices(
            ["full", "none", "part", "late", "split", "early", "double"], [10, 4, 3, 4, 3, 2, 1]
        )[0]
        half = (amount / 3).quantize(Decimal("0.01"))
        day = due - timedelta(days=dice.randrange(4))
        after = due + timedelta(days=dice.randrange(1, 45))
        parts = {
            "full": [(day, amount)],
            "none": [],
            "part": [(day, half)],
            "late": [(after, amount)],
            "split": [(day, half), (after, amount - half)],
            "early": [(due - timedelta(days=12), amount)],
            "double": [(day, amount * 2)],
        }[way]
        for when, money in parts:
            self._line(
                contract, max(when, FIRST_DAY), money, period if dice.random() < 0.5 else None
            )

    def _line(self, contract: Contract, day: date, money: Decimal, period: str | None) -> None:
        dice = self.dice
        when = reference.at(day, f"{dice.randrange(8, 18):02d}:{dice.randrange(60):02d}")
        serial = f"L{self.seed}-{len(self.lines):05d}"
        self.lines.append(Line(contract.account or "", serial, when, money, period))
        year, month = (period or "2023-01").split("-")
        self.named[serial] = (
            dice.choice(
                [f"{year}年{int(month)}月人工费", f"{period} 人工费", f"人工费({year}{month})"]
            )
            if period
            else dice.choice(["人工费", "工程款人工费部分", ""])
        )

    def _late_days(self, times: range) -> None:
        """Let each source be late some times, half of them where it matters: around a due day."""
        days = (self.span.ends.date() - FIRST_DAY).days
        for source in self.sources:
            dues = [
                reference.due_day(period, contract.transfer_day)
                for contract in self.contracts
                if contract.source == source
                for period in contract.periods
            ]
            for _ in range(self.dice.choice(times)):
                day = FIRST_DAY + timedelta(days=self.dice.randrange(days))
                if dues and self.dice.random() < 0.5:
                    day = self.dice.choice(dues) - timedelta(days=self.dice.randrange(3))
                self.late[(source, max(day, FIRST_DAY))] = reference.at(
                    max(day, FIRST_DAY) + timedelta(days=self.dice.randrange(1, 9)), "11:20"
                )

    def arrivals(self) -> dict[tuple[str, date], datetime]:
        """Give when each day's feed comes: next morning, or late."""
        came: dict[tuple[str, date], datetime] = {}
        for source in self.sources:
            day = FIRST_DAY
            while reference.at(day + timedelta(days=1)) < self.span.ends:
                usual = reference.at(day + timedelta(days=1), "08:30")
                when = self.late.get((source, day), usual)
                if when < self.span.ends:
                    came[(source, day)] = when
                day += timedelta(days=1)
        return came


@dataclass
class Writer:
    """Writes what some makers drew, by the words of scenarios/README.md."""

    makers: list[Maker]
    span: Span

    @property
    def contracts(self) -> list[Contract]:
        return [contract for maker in self.makers for contract in maker.contracts]

    @property
    def sources(self) -> list[str]:
        return [source for maker in self.makers for source in maker.sources]

    def facts(self) -> County:
        """Give the facts for the model."""
        return County(
            BEGINS,
            self.span.ends,
            self.contracts,
            [line for maker in self.makers for line in maker.lines],
            dict.fromkeys(self.sources, FIRST_DAY),
            {key: when for maker in self.makers for key, when in maker.arrivals().items()},
        )

    def write(self, folder: Path) -> None:
        """Write the scenario's folder."""
        folder.mkdir(parents=True)
        dev, gc, bank = credit_code(1), credit_code(2), credit_code(3)
        (folder / "scenario.json").write_text(
            json.dumps(
                {
                    "title": "drawn",
                    "area_code": "422828",
                    "from": BEGINS.isoformat(),
                    "until": self.span.ends.isoformat(),
                    "calendar_years": [2023],
                }
            )
        )
        _write(
            folder / "areas.csv",
            "code,name,parent_code,valid_from,valid_to",
            [
                ["0", "全国", "", "1949-10-01", ""],
                ["42", "湖北省", "0", "1949-10-01", ""],
                ["4228", "恩施州", "42", "1983-12-01", ""],
                ["422828", "鹤峰县", "4228", "1949-10-01", ""],
            ],
        )
        _write(
            folder / "organisations.csv",
            "credit_code,name,area_code,roles,trades",
            [
                [dev, "业主", "422828", "developer", ""],
                [gc, "总包", "422828", "contractor", "construction"],
                [bank, "银行", "422828", "bank", ""],
            ],
        )
        _write(
            folder / "projects.csv",
            "code,name,area_code,investment_type,funding_source,developer,contractor,"
            "sector_authority,status,supervised_since,started_on",
            [
                [
                    c.project,
                    f"项目{c.project}",
                    "422828",
                    "government",
                    "",
                    dev,
                    gc,
                    "",
                    "003",
                    "2023-01-05",
                    "2023-01-05",
                ]
                for c in self.contracts
            ],
        )
        _write(
            folder / "works_contracts.csv",
            "project,number,contractor,signed_on,contract_amount,basis,amount,share,"
            "first_period,last_period,cycle_months,transfer_day,transfer_month,due_shift",
            [
                [
                    c.project,
                    f"N-{c.project}",
                    gc,
                    "2023-01-05",
                    "90000000.00",
                    "per_period",
                    c.amounts[0],
                    "",
                    c.periods[0],
                    c.periods[-1],
                    "1",
                    c.transfer_day,
                    "same",
                    "backwards",
                ]
                for c in self.contracts
            ],
        )
        _write(
            folder / "sources.csv",
            "code,name,bank,area_code,expected_by,expected_after_wd,from_day,sends_at",
            [
                [s, f"银行{s}", bank, "422828", "10:00", "1", FIRST_DAY, "08:30"]
                for s in self.sources
            ],
        )
        _write(
            folder / "wage_accounts.csv",
            "project,source,account_no,account_name,bank_name,opened_on,opening_balance",
            [
                [c.project, c.source, c.account, f"专户{c.project}", "银行", FIRST_DAY, "0.00"]
                for c in self.contracts
                if c.account
            ],
        )
        self._write_rest(folder, bank)

    def _write_rest(self, folder: Path, bank: str) -> None:
        _write(
            folder / "recipients.csv",
            "name,role,area_code,organisation,person,channels",
            [
                ["业主岗", "developer", "422828", credit_code(1), "", "inbox"],
                ["治欠办岗", "wage_office", "422828", "", "", "inbox"],
                ["银行岗", "bank", "422828", bank, "", "inbox"],
                ["运维岗", "operator", "0", "", "", "inbox"],
            ],
        )
        _write(
            folder / "late_feeds.csv",
            "source,day,sent_at",
            [
                [s, day, when.isoformat()]
                for maker in self.makers
                for (s, day), when in maker.late.items()
            ],
        )
        _write(
            folder / "lines.csv",
            "account_no,serial,at,direction,amount,counterparty_name,counterparty_account,purpose",
            [
                [
                    line.account,
                    line.serial,
                    line.when.isoformat(),
                    "in",
                    line.amount,
                    "业主",
                    "42000000000000001",
                    maker.named[line.serial],
                ]
                for maker in self.makers
                for line in maker.lines
            ],
        )


def _write(path: Path, head: str, rows: Iterable[list[object]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head.split(","))
        writer.writerows(rows)


def make(
    folder: Path,
    *seeds: int,
    projects: int = 6,
    months: int = 5,
    after: int = 31,
    late: range = range(2, 6),
) -> Made:
    """Draw a county's parts, one from each seed, that lie side by side; write its folder.

    It has so many months from February on, and ends some working days after the last due day.
    Each bank is late about as often as `late` says.
    """
    span = Span(months, after)
    writer = Writer([Maker(seed, projects, span, late) for seed in seeds], span)
    writer.write(folder)
    return Made(folder, writer.facts())
