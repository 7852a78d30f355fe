"""Draws statements as Chinese banks lay them out: what moved, and a file that says it.

Shares nothing with the reader: the titles are those of banks' own exports, written down here again,
and the files are made by writers of other people.
"""

import csv
import io
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from html import escape
from typing import Any

import xlsxwriter
import xlwt

Grid = list[list[Any]]

# By bank: what it calls day, time, debit, credit, amount, flag, balance, name, number, summary,
# purpose, serial; an empty title: this bank has no such column.
_BANKS = """
; 交易时间; 借方发生额; 贷方发生额; 发生额; 借/贷; 余额; 对方单位名称; 对方账号; 摘要; 用途;
交易流水号

记账日期; 交易时间; 借方发生额/元(支取); 贷方发生额/元(收入); 发生额/元; 借贷方向; 余额; 对方户名;
对方账号; 摘要; 备注; 账户明细编号-交易流水号

; 交易时间; 支出金额; 收入金额; 交易金额; 收支标志; 账户余额; 对方户名; 对方账号; ; 交易用途;

交易日期[ Transaction Date ]; 交易时间[ Transaction time ]; ; ; 交易金额[ Trade Amount ]; ;
交易后余额[ After-transaction balance ]; ; ; 摘要[ Reference ]; 用途[ Purpose ];
交易流水号[ Transaction reference number ]

交易日; 交易时间; 借方金额; 贷方金额; 交易金额; 借贷; 余额; 收/付方名称; 收/付方账号; 摘要; 用途;
流水号

交易日期; 交易时间; 借方金额; 贷方金额; 金额; 借贷标志; 账户余额; 对手名称; 对手账号; 摘要; 附言;
核心流水号

交易日期; ; 支出; 收入; 金额; 收支; 余额; 对方名称; 对方账户; 摘要; ;

Date; Time; Debit; Credit; Amount; D/C; Balance; Counterparty; Counterparty Account;
Description; ; Serial No.

入账日期; 入账时间; 借方; 贷方; 发生额; 方向; 本次余额; 交易对手名称; 交易对手账号; 交易摘要; 附言;
交易流水
"""
BANKS = tuple(
    tuple(title.strip() for title in bank.replace("\n", " ").split(";"))
    for bank in _BANKS.strip().split("\n\n")
)
FLAGS = (("借", "贷"), ("支", "收"), ("D", "C"), ("借方", "贷方"), ("支出", "收入"), ("出", "入"))
MORE = ("序号", "对方开户行", "交易渠道", "凭证号", "交易网点", "柜员")
NAMES = (
    "县交通运输局",
    "某建设集团有限公司",
    "张三",
    "欧阳娜娜",
    "古丽·买买提",
    "ABC Co., Ltd",
    "李\u3000四",
)
WORDS = (
    "2023年3月人工费",
    "代发工资",
    "手续费",
    "退汇 户名不符",
    "转账,附言",
    '工资"三月"',
    "利息",
)
DAYS: Sequence[Callable[[date], str]] = (
    lambda day: f"{day:%Y-%m-%d}",
    lambda day: f"{day:%Y%m%d}",
    lambda day: f"{day:%Y/%m/%d}",
    lambda day: f"{day.year}/{day.month}/{day.day}",
    lambda day: f"{day.year}年{day.month}月{day.day}日",
    lambda day: f"{day:%Y.%m.%d}",
)


@dataclass
class Moved:
    """One line of the truth; sums in fen."""

    at: datetime
    incoming: bool
    amount: int
    balance: int
    name: str
    account: str
    summary: str
    purpose: str
    serial: str


@dataclass
class Drawn:
    """A statement: what moved, the file that says it, and what of it the file tells."""

    content: bytes
    moved: list[Moved]
    account: str
    opening: int
    closing: int
    told: set[str]
    """Of `time`, `name`, `account`, `summary`, `purpose`, `serial`, `own`."""
    words: str
    wrong: str = ""
    rows: set[int] = field(default_factory=set)
    """Where what is `wrong` stands, as people count rows."""


class Layout:
    """A layout by its dice."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        pick = self.dice.choice
        self.bank = pick(BANKS)
        self.kind = pick(("csv", "csv", "tab", "xlsx", "xlsx", "xls", "html"))
        self.encoding = pick(("utf-8", "utf-8-sig", "gb18030"))
        debit, amount, flag = self.bank[2], self.bank[4], self.bank[5]
        modes = [
            *(["two", "two"] if debit else []),
            *(["signed"] if amount else []),
            *(["flag"] if amount and flag else []),
        ]
        self.mode = pick(modes)
        self.flags, self.day = pick(FLAGS), pick(DAYS)
        self.newest_first = self.dice.random() < 0.4
        self.typed = self.dice.random() < 0.5
        self.grouped = self.dice.random() < 0.4
        self.sign = pick(("", "", "¥", "￥"))
        self.high = self.mode == "two" and debit in {"借方", "支出"} and self.dice.random() < 0.5
        self.page = pick((0, 0, 7))
        self.zeros = pick(("", "0.00", "-"))
        self.ends = self.dice.random() < 0.5
        self.sums = self.mode == "two" and self.dice.random() < 0.4
        # Where one column holds day and time, there is none for the time alone.
        self.joined = not self.bank[0]
        order = list(range(len(self.titles())))
        if self.dice.random() < 0.6:
            self.dice.shuffle(order)
        self.order = order

    def titles(self) -> list[tuple[str, str]]:
        """Give the columns of this layout, by what they hold and their title."""
        names = ("day", "time", "out", "in", "amount", "flag", "balance", "name", "account",
                 "summary", "purpose", "serial")  # fmt: skip
        left = {"two": {"amount", "flag"}, "signed": {"out", "in", "flag"}, "flag": {"out", "in"}}
        found = [
            (name, title)
            for name, title in zip(names, self.bank, strict=True)
            if title and name not in left[self.mode]
        ]
        return [*found, ("more", self.more())]

    def more(self) -> str:
        return MORE[sum(map(len, self.bank)) % len(MORE)]

    # ---- cells -------------------------------------------------------------------------------

    def money(self, fen: int) -> object:
        if self.typed and self.kind in {"xlsx", "xls"}:
            return fen / 100
        whole = f"{fen / 100:,.2f}" if self.grouped else f"{fen / 100:.2f}"
        return f"{self.sign}{whole}" if fen >= 0 else f"-{self.sign}{whole[1:]}"

    def when(self, at: datetime, name: str) -> object:
        if name == "day":
            if self.typed and self.kind in {"xlsx", "xls"}:
                return at.date()
            return self.day(at.date())
        clock = f"{at:%H:%M:%S}"
        return f"{self.day(at.date())} {clock}" if self.joined else clock

    def cell(self, line: Moved, name: str) -> object:
        if name in {"day", "time"}:
            return self.when(line.at, name)
        if name in {"out", "in"}:
            return self.money(line.amount) if (name == "in") == line.incoming else self.zeros
        if name == "amount":
            plus = self.mode == "flag" or line.incoming
            return self.money(line.amount if plus else -line.amount)
        if name == "flag":
            return self.flags[line.incoming]
        if name == "balance":
            return self.money(line.balance)
        return "" if name == "more" else getattr(line, name)


def truth(dice: random.Random, *, times: bool) -> tuple[int, list[Moved]]:
    """Draw what moved: an opening, and lines in the order of booking."""
    balance = opening = dice.randrange(0, 10**9)
    at = datetime(2023, 3, dice.randrange(1, 20), 9, tzinfo=None)  # noqa: DTZ001  Beijing's
    moved = []
    for n in range(dice.randrange(2, 25)):
        at += timedelta(seconds=dice.choice((61, 3_600, 86_400, 200_000)))
        incoming = dice.random() < 0.4
        amount = dice.choice((1, 99, 100, dice.randrange(1, 10**4), dice.randrange(1, 10**9)))
        balance += amount if incoming else -amount
        moved.append(
            Moved(
                at if times else at.replace(hour=0, minute=0, second=0),
                incoming, amount, balance, dice.choice(NAMES),
                str(dice.randrange(10**15, 10**19)), dice.choice(WORDS), dice.choice(WORDS),
                f"{dice.choice(('', 'S', 'N-'))}{10**9 + n * 7}",
            )
        )  # fmt: skip
    return opening, moved


def draw(seed: int, *, hostile: bool = False) -> Drawn:
    """Draw a statement; a hostile one has one thing wrong."""
    layout = Layout(seed)
    dice = layout.dice
    columns = [layout.titles()[n] for n in layout.order]
    names = [name for name, _ in columns]
    opening, moved = truth(dice, times="time" in names)
    account = str(dice.randrange(10**15, 10**18))
    lines = moved[::-1] if layout.newest_first else moved
    grid: Grid = [[layout.cell(line, name) for name in names] for line in lines]
    drawn = Drawn(b"", moved, account, opening, moved[-1].balance, set(names), "")
    at = [*range(len(grid))]
    if hostile:
        spoil(layout, drawn, names, grid)
        at = [*range(len(grid))]
    whole, numbers = around(layout, drawn, columns, grid)
    drawn.rows = {numbers[n] for n in at if n in drawn.rows}
    drawn.content = WRITERS[layout.kind](layout, whole)
    drawn.words = f"seed {seed}: {layout.kind} {layout.encoding} {layout.mode} {names}"
    return drawn


def around(
    layout: Layout, drawn: Drawn, columns: Sequence[tuple[str, str]], grid: Grid
) -> tuple[Grid, list[int]]:
    """Put header, notes, balances and repeated headers around the lines; give where they stand."""
    names = [name for name, _ in columns]
    header: Grid = [[title for _, title in columns]]
    if layout.high:
        upper = ["发生额" if name == "out" else "" for name in names]
        both = {"out", "in"} <= set(names) and names.index("in") == names.index("out") + 1
        header = [upper, header[0]] if both else header
    above: Grid = [["某某银行账户交易明细"], [f"账号：{drawn.account}", "币种：人民币"]]
    if layout.dice.random() < 0.5:
        above = [
            ["账号", drawn.account],
            ["户名", "某项目农民工工资专用账户"],
            ["币种", "人民币"],
            [],
        ]
    whole: Grid = [*above, *header]
    first = "期末余额" if layout.newest_first else "期初余额"
    last = "期初余额" if layout.newest_first else "期末余额"
    ends = {"期初余额": drawn.opening, "期末余额": drawn.closing}

    def balance(title: str) -> list[Any]:
        row: list[Any] = ["" for _ in names]
        free = next(n for n, name in enumerate(names) if name in {"summary", "more", "name"})
        row[free], row[names.index("balance")] = title, layout.money(ends[title])
        return row

    if layout.ends:
        whole.append(balance(first))
    numbers = []
    for n, row in enumerate(grid):
        if layout.page and n and n % layout.page == 0:
            whole += [[], *header]
        whole.append(row)
        numbers.append(len(whole))
    if layout.ends:
        whole.append(balance(last))
    if layout.sums and not drawn.wrong:
        whole.append(totals(layout, drawn, names))
    whole += [[], ["打印时间：见回单专用章", ""]]
    return whole, numbers


def totals(layout: Layout, drawn: Drawn, names: Sequence[str]) -> list[Any]:
    """Give a row of sums."""
    row: list[Any] = ["" for _ in names]
    free = next(n for n, name in enumerate(names) if name in {"summary", "more", "name"})
    row[free] = "合计"
    for name in ("out", "in"):
        row[names.index(name)] = layout.money(
            sum(line.amount for line in drawn.moved if line.incoming == (name == "in"))
        )
    return row


def spoil(layout: Layout, drawn: Drawn, names: Sequence[str], grid: Grid) -> None:
    """Make one thing wrong, and note on which lines it can be seen."""
    dice, n = layout.dice, layout.dice.randrange(len(grid))
    column = {name: place for place, name in enumerate(names)}
    money = (
        "amount" if "amount" in names else "out" if not _line(layout, drawn, n).incoming else "in"
    )
    near = {n, n + 1} if n + 1 < len(grid) else {n}
    what = dice.choice(
        ("balance", "amount", "gone", "words", "wan", "day", "fault", "twice", "half")
    )
    oldest = len(grid) - 1 if layout.newest_first else 0
    if what == "amount" and n == oldest:
        # Nothing in the file tells of it: the balance before the oldest line is not in it.
        what = "words"
    drawn.wrong = what
    drawn.rows = near
    if what == "balance":
        grid[n][column["balance"]] = layout.money(_line(layout, drawn, n).balance + 100)
        drawn.rows = near | {n - 1}
    elif what == "amount":
        line = _line(layout, drawn, n)
        sign = -1 if layout.mode == "signed" and not line.incoming else 1
        grid[n][column[money]] = layout.money(sign * (line.amount + 1))
        drawn.rows = near | {n - 1}
    elif what == "gone" and 0 < n < len(grid) - 1:
        del grid[n]
        drawn.rows = {n - 1, n}
    elif what == "wan":
        grid[n][column[money]] = "1.5万元"
    elif what == "day":
        place = column.get("day", column.get("time", 0))
        grid[n][place] = "05/06/23"
    elif what == "fault":
        grid[n][column["balance"]] = "#REF!"
    elif what == "twice":
        grid.insert(n, list(grid[n]))
        drawn.rows = near | {n + 1, n - 1}
    elif what == "half":
        grid[n][column[money]] = "1.005"
    else:
        drawn.wrong = "words"
        grid[n][column["balance"]] = "若干"


def _line(layout: Layout, drawn: Drawn, n: int) -> Moved:
    return drawn.moved[-1 - n] if layout.newest_first else drawn.moved[n]


# ---- writers ---------------------------------------------------------------------------------


def as_text(layout: Layout, grid: Grid) -> bytes:
    """Write lines of text."""
    out = io.StringIO()
    delimiter = "\t" if layout.kind == "tab" else ","
    guard = layout.dice.random() < 0.3 and delimiter == ","
    for row in grid:
        said = [f"{cell}\t" if guard and str(cell).isdecimal() else cell for cell in row]
        csv.writer(out, delimiter=delimiter).writerow(said)
    return out.getvalue().encode(layout.encoding)


def as_xlsx(layout: Layout, grid: Grid) -> bytes:
    """Write a new workbook, with a hidden sheet of something else."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    day, money = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": 4})
    sheet = book.add_worksheet("明细")
    for n, row in enumerate(grid):
        for m, cell in enumerate(row):
            if isinstance(cell, date):
                sheet.write_datetime(n, m, cell, day)
            elif isinstance(cell, float):
                sheet.write_number(n, m, cell, money)
            elif cell == "#REF!":
                sheet.write_formula(n, m, "=A99/0", value="#REF!")
            elif cell != "":
                sheet.write_string(n, m, str(cell))
    hidden = book.add_worksheet("底稿")
    hidden.hide()
    hidden.write_row(0, 0, ["交易日期", "金额", "余额"])
    book.close()
    return file.getvalue()


def as_xls(layout: Layout, grid: Grid) -> bytes:
    """Write an old workbook."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Sheet1")
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for n, row in enumerate(grid):
        for m, cell in enumerate(row):
            if isinstance(cell, date):
                sheet.write(n, m, cell, day)
            elif cell == "#REF!":
                sheet.row(n).set_cell_error(m, 0x17)
            elif cell != "":
                sheet.write(n, m, cell)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def as_page(layout: Layout, grid: Grid) -> bytes:
    """Write a page that calls itself a spreadsheet."""
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in grid
    )
    encoding = "gb18030" if layout.encoding == "gb18030" else "utf-8"
    return f"<html><body><table border=1>{rows}</table></body></html>".encode(encoding)


WRITERS: dict[str, Callable[[Layout, Grid], bytes]] = {
    "csv": as_text,
    "tab": as_text,
    "xlsx": as_xlsx,
    "xls": as_xls,
    "html": as_page,
}
