"""Draws payroll sheets, rosters and attendance as contractors send them: people, and a file.

Shares nothing with the reader: titles, marks and spellings are written down here again, and the
files are made by writers of other people. Each trap is a function that changes a file and notes
what must be found, and where.
"""

import csv
import io
import random
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import xlsxwriter
import xlwt

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英建国志成"
TITLES = {
    "name": ["姓名", "工人姓名", "姓 名", "农民工姓名", "姓名（签名前核对）", "Name"],
    "id": [
        "身份证号",
        "身份证号码",
        "公民身份号码",
        "证件号码",
        "身份证\n号码",
        "身份证号码（18位）",
    ],
    "card": ["银行卡号", "工资卡号", "银行账号", "个人账号", "卡号/账号"],
    "phone": ["联系电话", "手机号码", "电话"],
    "crew": ["班组", "所属班组", "班组名称"],
    "trade": ["工种", "岗位（工种）"],
    "days": ["出勤天数", "出工天数（天）", "工日", "考勤天数"],
    "rate": ["日工资", "工资标准（元/天）", "单价"],
    "gross": ["应发工资", "应发金额（元）", "应付工资", "应发合计", "应得工资"],
    "meal": ["伙食费", "餐费"],
    "loan": ["预支", "借支", "已付生活费"],
    "tax": ["个税", "代扣个税"],
    "off": ["扣款合计", "应扣合计", "扣款小计"],
    "net": ["实发工资", "实发金额（元）", "实付工资", "本月实发", "实领金额"],
    "bank": ["开户行", "开户银行"],
    "sign": ["签字", "领款人签字", "签名（按手印）"],
    "note": ["备注", "说明"],
}
GROUPS = {"meal": "应扣款项", "loan": "应扣款项", "tax": "应扣款项", "off": "应扣款项"}
OUTER = {"bank": "银行信息", "card": "银行信息"}
CREWS = ("木工班组", "钢筋工班", "泥瓦班")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
Grid = list[list[Any]]


@dataclass(frozen=True)
class Formula:
    """A formula, with what it came to when it was last calculated; or nobody calculated it."""

    text: str
    value: Any = None
    done: bool = True


@dataclass(frozen=True)
class Shown:
    """A number with a format of its own."""

    value: float
    format: str


@dataclass
class Worker:
    name: str
    id: str
    card: str
    phone: str
    crew: str
    trade: str
    days: int
    gross: int
    meal: int
    loan: int
    tax: int

    @property
    def off(self) -> int:
        return self.meal + self.loan + self.tax

    @property
    def net(self) -> int:
        return self.gross - self.off


@dataclass
class Page:
    """A sheet as it will be written: rows, and what each is."""

    name: str
    hidden: bool = False
    grid: Grid = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    people: dict[int, Worker] = field(default_factory=dict)
    """By the row's number, from 1."""

    def add(self, kind: str, cells: Sequence[Any]) -> int:
        self.grid.append(list(cells))
        self.kinds.append(kind if any(cell not in ("", None) for cell in cells) else "blank")
        return len(self.grid)


@dataclass
class Drawn:
    """A file, the people in it, and what is wrong with it."""

    kind: str
    pages: list[Page]
    columns: list[str]
    titles: list[str]
    wrong: list[tuple[str, int, str, str]] = field(default_factory=list)
    """Sheet, row, field, code: each must be found there, and nothing else that is grave."""
    lost: set[tuple[str, int, str]] = field(default_factory=set)
    """Cells whose value cannot be read."""
    content: bytes = b""
    words: str = ""
    refused: bool = False

    def at(self, name: str) -> int:
        return self.columns.index(name)


def identity(dice: random.Random) -> str:
    body = dice.choice(("110105", "522101", "420528", "513021"))
    body += f"{dice.randrange(1962, 2004)}{dice.randrange(1, 13):02}{dice.randrange(1, 29):02}"
    body += f"{dice.randrange(1000):03}"
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, body, strict=True))
    return body + "10X98765432"[total % 11]


def bank_card(dice: random.Random) -> str:
    body = "62" + "".join(str(dice.randrange(10)) for _ in range(16))
    total = 0
    for place, digit in enumerate(reversed(body)):
        double = int(digit) * (2 if place % 2 == 0 else 1)
        total += double - 9 if double > 9 else double
    return f"{body}{-total % 10}"


def worker(dice: random.Random, crew: str) -> Worker:
    name = dice.choice(SURNAMES) + "".join(dice.sample(GIVEN, dice.choice((1, 2))))
    name = dice.choice((name,) * 8 + ("欧阳建国", "古丽·买买提"))
    gross = dice.choice((dice.randrange(300_000, 900_000), 100 * dice.randrange(3000, 9000)))
    few = dice.random() < 0.3
    return Worker(
        name, identity(dice), bank_card(dice), f"13{dice.randrange(10**8, 10**9)}",
        crew, crew[:2] + "工" if crew[1] != "工" else crew[:2], dice.randrange(8, 31), gross,
        0 if few else dice.randrange(0, 60_000), 0 if few else 100 * dice.randrange(0, 1500),
        0 if few else dice.randrange(0, 9_000),
    )  # fmt: skip


class Layout:
    """A layout by its dice."""

    def __init__(self, seed: int, kind: str = "") -> None:
        self.dice = dice = random.Random(seed)
        self.kind = kind or dice.choice(
            ("xlsx", "xlsx", "xlsx", "xls", "csv", "csv", "tab", "html")
        )
        self.encoding = dice.choice(("utf-8-sig", "gb18030", "utf-8"))
        self.high = dice.choice((1, 1, 2, 2, 3))
        self.page = dice.choice((0, 0, 6))
        self.parts = dice.random() < 0.4
        self.sums = dice.random() < 0.7
        self.letters = self.sums and dice.random() < 0.4
        self.money_style = dice.choice(("number", "number", "text", "sign", "yuan", "grouped"))
        self.wide = dice.random() < 0.2
        self.sheets = dice.choice((1, 1, 1, 2, 3)) if self.kind in {"xlsx", "xls"} else 1
        self.hidden = self.kind in {"xlsx", "xls"} and dice.random() < 0.3
        self.formulas = self.kind == "xlsx" and dice.random() < 0.4
        self.order = ["no", *self._columns()]

    def _columns(self) -> list[str]:
        dice = self.dice
        head = ["name", "id"]
        if dice.random() < 0.3:
            head.reverse()
        person = [name for name in ("phone", "crew", "trade") if dice.random() < 0.5]
        bank = ["bank", "card"] if self.high == 3 or dice.random() < 0.6 else ["card"]
        pay = ["days"]
        if dice.random() < 0.4:
            pay.append("rate")
        pay += ["gross", "meal", "loan", "tax", "off", "net"]
        middle = [head, person, bank, pay]
        dice.shuffle(middle)
        tail = [name for name in ("sign", "note") if dice.random() < 0.6]
        return [name for part in middle for name in part] + tail

    def title(self, name: str) -> str:
        return "序号" if name == "no" else self.dice.choice(TITLES[name])

    def money(self, fen: int) -> Any:  # noqa: ANN401
        typed = self.kind in {"xlsx", "xls"}
        if self.money_style == "number" and typed:
            return fen / 100
        plain = f"{fen / 100:.2f}"
        if self.money_style == "grouped":
            plain = f"{fen / 100:,.2f}"
        if self.money_style == "sign":
            plain = f"¥{fen / 100:,.2f}"
        if self.money_style == "yuan":
            plain = f"{plain}元"
        return fullwidth(plain) if self.wide else plain

    def cell(self, who: Worker, name: str, number: int) -> Any:  # noqa: ANN401, PLR0911
        if name == "no":
            return number
        if name in {"gross", "meal", "loan", "tax", "off", "net"}:
            fen = getattr(who, name)
            return "" if not fen and name in {"meal", "loan", "tax"} else self.money(fen)
        if name == "rate":
            return self.money(who.gross // max(1, who.days))
        if name == "days":
            return who.days if self.kind in {"xlsx", "xls"} else f"{who.days}"
        if name == "name" and self.wide and len(who.name) == 2:
            return f"{who.name[0]}　{who.name[1]}"
        if name == "id" and self.wide:
            return fullwidth(who.id)
        if name == "bank":
            return "建设银行某县支行"
        return "" if name in {"sign", "note"} else getattr(who, name)


def fullwidth(text: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


LETTERS = "零壹贰叁肆伍陆柒捌玖"


def cheque(fen: int) -> str:
    """Write a sum as cheques do, section by section."""
    whole, rest = divmod(fen, 100)

    def section(number: int) -> str:
        said, nought = "", False
        for size, place in ((1000, "仟"), (100, "佰"), (10, "拾"), (1, "")):
            digit, number = divmod(number, size)
            if digit:
                said += ("零" if nought and said else "") + LETTERS[digit] + place
                nought = False
            else:
                nought = True
        return said

    high, low = divmod(whole, 10_000)
    said = section(high) + "万" if high else ""
    if low:
        said += ("零" if high and low < 1000 else "") + section(low)
    said = (said or "零") + "元"
    jiao, cents = divmod(rest, 10)
    if not rest:
        return said + "整"
    return (
        said + (f"{LETTERS[jiao]}角" if jiao else "零") + (f"{LETTERS[cents]}分" if cents else "")
    )


def head(layout: Layout, titles: Sequence[str]) -> Grid:
    """Give the header's rows: one, or groups above it, or an outer group above those."""
    names = layout.order
    if layout.high == 1:
        return [list(titles)]
    # A merged cell is its first cell: the ones behind it are empty.
    middle, lower = [""] * len(names), [""] * len(names)
    before = ""
    for n, name in enumerate(names):
        group = GROUPS.get(name, "")
        if group:
            lower[n] = titles[n]
            middle[n] = group if group != before else ""
        else:
            middle[n] = titles[n]
        before = group
    if layout.high == 2:
        return [middle, lower]
    upper, before = [""] * len(names), ""
    for n, name in enumerate(names):
        group = OUTER.get(name, "")
        if group:
            upper[n] = group if group != before else ""
        else:
            upper[n], middle[n] = middle[n], ""
            if name in GROUPS:
                # The group is written in the top row, and reaches two rows down.
                middle[n] = ""
        before = group
    return [upper, middle, lower]


def draw(seed: int, kind: str = "", trap: "Trap | None" = None) -> Drawn:
    """Draw a payroll sheet; with a trap, one thing about it is awkward or wrong."""
    layout = Layout(seed, kind)
    dice = layout.dice
    titles = [layout.title(name) for name in layout.order]
    drawn = Drawn(layout.kind, [], layout.order, titles)
    for n in range(layout.sheets):
        crew = CREWS[n % len(CREWS)]
        drawn.pages.append(_page(layout, titles, f"{n + 1}月{crew}" if n else "工资表", crew))
    if layout.hidden:
        page = Page("底稿", hidden=True)
        page.add("note", ["某年草稿", 1, 2])
        drawn.pages.append(page)
    if dice.random() < 0.2 and layout.kind in {"xlsx", "xls"}:
        page = Page("说明")
        page.add("note", ["填写须知"])
        page.add("note", ["一、如实填写"])
        drawn.pages.append(page)
    drawn.words = f"seed {seed}: {layout.kind} {layout.encoding} high={layout.high} {layout.order}"
    if trap:
        drawn.words += f" {trap.__name__}"
        trap(layout, drawn)
    drawn.content = WRITERS[layout.kind](layout, drawn.pages)
    return drawn


def _page(  # noqa: C901, PLR0912  a page from top to bottom, as it is read
    layout: Layout, titles: Sequence[str], name: str, crew: str
) -> Page:
    dice, page, width = layout.dice, Page(name), len(titles)
    page.add("note", ["农民工工资支付表（2026年3月）"])
    if dice.random() < 0.7:
        page.add("note", ["项目名称：鹤峰县某安置小区", "", "", "编制单位：湖北某劳务有限公司"])
    if dice.random() < 0.3:
        page.add("blank", [])
    header = head(layout, titles)
    for row in header:
        page.add("header", row)
    people = [worker(dice, crew) for _ in range(dice.randrange(3, 14))]
    since: list[Worker] = []
    for n, who in enumerate(people):
        if layout.page and n and n % layout.page == 0:
            if layout.parts:
                page.add("total", _sums(layout, since, "本页小计"))
                since = []
            for row in header:
                page.add("repeat", row)
        cells = [layout.cell(who, column, n + 1) for column in layout.order]
        number = page.add("data", cells)
        if layout.formulas:
            _calculate(layout, page, number, who)
        page.people[number] = who
        since.append(who)
    if layout.page and layout.parts and since:
        page.add("total", _sums(layout, since, "本页小计"))
    if layout.sums:
        page.add("total", _sums(layout, people, dice.choice(("合计", "合  计", "总计："))))
    if layout.letters:
        net = sum(who.net for who in people)
        page.add("total", [f"实发合计（大写）：人民币{cheque(net)}", *[""] * (width - 1)])
    if dice.random() < 0.4:
        page.add("blank", [])
    page.add("note", ["制表人：", "", "审核人：", "", "项目负责人："])
    if dice.random() < 0.5:
        page.add("note", ["注：1. 本表一式三份。2. 工人须本人签字。"])
    return page


def _sums(layout: Layout, people: Sequence[Worker], label: str) -> list[Any]:
    cells: list[Any] = [""] * len(layout.order)
    cells[0] = label
    for name in ("gross", "meal", "loan", "tax", "off", "net"):
        cells[layout.order.index(name)] = layout.money(sum(getattr(who, name) for who in people))
    return cells


def _calculate(layout: Layout, page: Page, number: int, who: Worker) -> None:
    place = layout.order.index("net")
    page.grid[number - 1][place] = Formula("=1+1", who.net / 100)


# ---- traps -----------------------------------------------------------------------------------

Trap = Callable[[Layout, Drawn], None]


def _pick(layout: Layout, drawn: Drawn) -> tuple[Page, int, Worker]:
    page = layout.dice.choice([page for page in drawn.pages if page.people])
    number = layout.dice.choice(sorted(page.people))
    return page, number, page.people[number]


def _spoil(field_: str, code: str, value: Callable[[Layout, Worker], Any]) -> Trap:
    """Make a trap that puts something into a cell."""

    def trap(layout: Layout, drawn: Drawn) -> None:
        page, number, who = _pick(layout, drawn)
        page.grid[number - 1][drawn.at(field_)] = value(layout, who)
        drawn.wrong.append((page.name, number, field_, code))
        drawn.lost.add((page.name, number, field_))

    trap.__name__ = f"{field_}_{code}"
    return trap


def _digit_off(layout: Layout, who: Worker) -> str:
    last = "0123456789X".index(who.id[-1])
    return who.id[:-1] + "0123456789X"[(last + 1) % 11]


def id_as_number(layout: Layout, drawn: Drawn) -> None:
    page, number, who = _pick(layout, drawn)
    typed = layout.kind in {"xlsx", "xls"}
    digits = who.id.replace("X", "5")
    page.grid[number - 1][drawn.at("id")] = float(digits) if typed else f"{int(digits):.5E}"
    drawn.wrong.append((page.name, number, "id", "digits_lost"))
    drawn.lost.add((page.name, number, "id"))


def card_as_number(layout: Layout, drawn: Drawn) -> None:
    page, number, who = _pick(layout, drawn)
    typed = layout.kind in {"xlsx", "xls"}
    page.grid[number - 1][drawn.at("card")] = float(who.card) if typed else f"{int(who.card):.4E}"
    drawn.wrong.append((page.name, number, "card", "digits_lost"))
    drawn.lost.add((page.name, number, "card"))


def same_person(layout: Layout, drawn: Drawn) -> None:
    page = layout.dice.choice([page for page in drawn.pages if len(page.people) > 1])
    first, *_, last = sorted(page.people)
    page.grid[last - 1][drawn.at("id")] = page.people[first].id
    page.people[last].id = page.people[first].id
    drawn.wrong.append((page.name, last, "id", "person_twice"))


def same_card(layout: Layout, drawn: Drawn) -> None:
    page = layout.dice.choice([page for page in drawn.pages if len(page.people) > 1])
    first, *_, last = sorted(page.people)
    page.grid[last - 1][drawn.at("card")] = page.people[first].card
    page.people[last].card = page.people[first].card
    drawn.wrong.append((page.name, last, "card", "card_twice"))


def wrong_net(layout: Layout, drawn: Drawn) -> None:
    page, number, who = _pick(layout, drawn)
    page.grid[number - 1][drawn.at("net")] = layout.money(who.net + 10_000)
    drawn.wrong.append((page.name, number, "net", "net_differs"))
    drawn.lost.add((page.name, number, "net"))
    without_sums(page)


def without_sums(page: Page) -> None:
    """Leave sums out that would not fit either, for one thing is wrong at a time."""
    for n, kind in enumerate(page.kinds, start=1):
        if kind == "total":
            page.grid[n - 1] = ["合计", *[""] * (len(page.grid[n - 1]) - 1)]


def negative(layout: Layout, drawn: Drawn) -> None:
    page, number, _ = _pick(layout, drawn)
    page.grid[number - 1][drawn.at("gross")] = layout.dice.choice(
        ("-5000.00", "(5,000.00)", "−5000")
    )
    drawn.wrong.append((page.name, number, "gross", "amount_negative"))
    drawn.lost.add((page.name, number, "gross"))
    without_sums(page)


def wrong_total(layout: Layout, drawn: Drawn) -> None:
    page = layout.dice.choice([page for page in drawn.pages if page.people])
    cells: list[Any] = [""] * len(drawn.columns)
    cells[0] = "合计"
    cells[drawn.at("net")] = layout.money(1 + sum(who.net for who in page.people.values()))
    number = page.add("total", cells)
    drawn.wrong.append((page.name, number, "net", "total_differs"))


def two_periods(layout: Layout, drawn: Drawn) -> None:
    page = drawn.pages[0]
    number = page.add("note", ["所属月份：2026年4月"])
    drawn.wrong.append((page.name, number, "no", "period_differs"))


def without_value(layout: Layout, drawn: Drawn) -> None:
    page, number, _ = _pick(layout, drawn)
    missing = Formula("=E1-F1", done=False) if layout.kind == "xlsx" else "=E1-F1"
    page.grid[number - 1][drawn.at("net")] = missing
    drawn.wrong.append((page.name, number, "net", "formula_uncalculated"))
    drawn.lost.add((page.name, number, "net"))


without_value.kinds = ("xlsx", "csv", "tab")  # type: ignore[attr-defined]


def in_wan(layout: Layout, drawn: Drawn) -> None:
    page, number, who = _pick(layout, drawn)
    page.grid[number - 1][drawn.at("gross")] = f"{who.gross / 10**6:.6f}万元"


def second_table(layout: Layout, drawn: Drawn) -> None:
    """Put another table below the first, with columns in another order."""
    page = drawn.pages[0]
    page.add("blank", [])
    page.add("note", ["补发人员"])
    order = ["net", "gross", "name", "id", "card"]
    page.add("header", ["实发金额", "应发金额", "姓名", "身份证号码", "银行卡号"])
    who = worker(layout.dice, CREWS[0])
    who.meal = who.loan = who.tax = 0
    number = page.add("data", [layout.cell(who, name, 1) for name in order])
    page.people[number] = who
    drawn.lost.add((page.name, number, "days"))


def side_by_side(layout: Layout, drawn: Drawn) -> None:
    page = drawn.pages[0]
    width = len(drawn.columns)
    at = page.kinds.index("header")
    last = max(n for n, kind in enumerate(page.kinds) if kind == "header")
    for n in range(at, last + 1):
        page.grid[n] += ["", "姓名", "身份证号码", "实发工资"] if n == at else [""] * 4
    for n, kind in enumerate(page.kinds):
        if kind == "repeat":
            page.grid[n] += (
                ["", "姓名", "身份证号码", "实发工资"]
                if page.grid[n] == page.grid[at][:width]
                else [""] * 4
            )
    drawn.wrong += [
        (page.name, last + 1, f"+{width + 1}", "two_tables"),
        (page.name, last + 1, f"+{width + 2}", "two_tables"),
        (page.name, last + 1, f"+{width + 3}", "column_twice"),
    ]


def empty_lines(layout: Layout, drawn: Drawn) -> None:
    """Leave lines of the form that nobody filled in, with their serial numbers."""
    page = drawn.pages[0]
    last = max(page.people)
    for n in range(3):
        cells: list[Any] = [""] * len(drawn.columns)
        cells[0] = 100 + n
        page.grid.insert(last + n, cells)
        page.kinds.insert(last + n, "note")


def hidden_list(layout: Layout, drawn: Drawn) -> None:
    page = Page("隐藏", hidden=True)
    page.add("note", ["姓名", "身份证号码", "实发工资"])
    page.add("note", ["王某", "x", 1])
    drawn.pages.append(page)


hidden_list.kinds = ("xlsx", "xls")  # type: ignore[attr-defined]


def heading_rows(layout: Layout, drawn: Drawn) -> None:
    """Name the crew in a row of its own above its people."""
    page = drawn.pages[0]
    first = min(page.people)
    page.grid.insert(first - 1, ["木工班组", *[""] * (len(drawn.columns) - 1)])
    page.kinds.insert(first - 1, "note")
    page.people = {number + 1: who for number, who in page.people.items()}


def injected(layout: Layout, drawn: Drawn) -> None:
    page, number, _ = _pick(layout, drawn)
    cell = '=HYPERLINK("http://x/?"&A1)' if layout.kind in {"xlsx", "xls", "html"} else "@SUM(A1)"
    page.grid[number - 1][0 if "note" not in drawn.columns else drawn.at("note")] = cell
    if "note" in drawn.columns and layout.kind == "csv":
        return


def in_format_wan(layout: Layout, drawn: Drawn) -> None:
    """Show yuan in ten thousands by a format alone, and keep ten thousands under another one."""
    page, number, who = _pick(layout, drawn)
    page.grid[number - 1][drawn.at("gross")] = Shown(who.gross / 10**6, '0.00"万元"')


in_format_wan.kinds = ("xlsx", "xls")  # type: ignore[attr-defined]

TRAPS: tuple[Trap, ...] = (
    id_as_number, card_as_number, same_person, same_card, wrong_net, wrong_total, two_periods,
    without_value, in_wan, second_table, side_by_side, empty_lines, hidden_list, heading_rows,
    injected, in_format_wan, negative,
    _spoil("id", "id_check_digit", _digit_off),
    _spoil("id", "id_birth", lambda layout, who: who.id[:10] + "1332" + who.id[14:]),
    _spoil("id", "id_old", lambda layout, who: who.id[:6] + who.id[8:17]),
    _spoil("id", "id_shape", lambda layout, who: who.id[:17]),
    _spoil("id", "id_missing", lambda layout, who: ""),
    _spoil("name", "name_missing", lambda layout, who: ""),
    _spoil("name", "name_unreadable", lambda layout, who: "王5"),
    _spoil("net", "net_missing", lambda layout, who: "—"),
    _spoil("net", "amount_unreadable", lambda layout, who: "3,50"),
    _spoil("net", "amount_unreadable", lambda layout, who: "五千元"),
    _spoil("gross", "amount_too_fine", lambda layout, who: "5000.005"),
    _spoil("net", "cell_error", lambda layout, who: "#REF!"),
    _spoil("gross", "cell_error", lambda layout, who: "#VALUE!"),
    _spoil("days", "count_unreadable", lambda layout, who: "若干"),
    _spoil("card", "card_unreadable", lambda layout, who: "现金"),
)  # fmt: skip


def kinds_of(trap: Trap) -> tuple[str, ...]:
    """Give the kinds of files in which a trap can be laid."""
    return getattr(trap, "kinds", ("xlsx", "xls", "csv", "tab", "html"))


# ---- writers ---------------------------------------------------------------------------------


def _plain(cell: Any) -> Any:  # noqa: ANN401
    if isinstance(cell, Formula):
        return cell.value if cell.done else cell.text
    return cell.value if isinstance(cell, Shown) else cell


def as_text(layout: Layout, pages: Sequence[Page]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t" if layout.kind == "tab" else ",")
    for row in pages[0].grid:
        writer.writerow([_plain(cell) for cell in row])
    return out.getvalue().encode(layout.encoding)


def as_xlsx(layout: Layout, pages: Sequence[Page]) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False})
    filled = book.add_format({"bg_color": "#FFFF00", "border": 1})
    for page in pages:
        sheet = book.add_worksheet(page.name)
        if page.hidden:
            sheet.hide()
        for n, row in enumerate(page.grid):
            for m, cell in enumerate(row):
                _write(book, sheet, n, m, cell)
        for n in range(len(page.grid), len(page.grid) + 40):
            sheet.write_blank(n, 0, None, filled)
    book.close()
    return rewritten(file.getvalue(), lambda body: body.replace(f"<v>{_UNDONE}</v>".encode(), b""))


_UNDONE = 987654321.125


def rewritten(content: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """Change the sheets of a workbook as text."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", 8) as new:
        for each in old.namelist():
            body = old.read(each)
            new.writestr(each, change(body) if "worksheets/sheet" in each else body)
    return file.getvalue()


def _write(book: Any, sheet: Any, n: int, m: int, cell: Any) -> None:  # noqa: ANN401
    if isinstance(cell, Formula):
        sheet.write_formula(n, m, cell.text, None, cell.value if cell.done else _UNDONE)
    elif isinstance(cell, Shown):
        sheet.write_number(n, m, cell.value, book.add_format({"num_format": cell.format}))
    elif isinstance(cell, str) and cell.startswith("#"):
        sheet.write_formula(n, m, "=A1", None, cell)
    elif isinstance(cell, int | float):
        sheet.write_number(n, m, cell)
    elif cell not in {"", None}:
        sheet.write_string(n, m, cell)


def as_xls(layout: Layout, pages: Sequence[Page]) -> bytes:
    book = xlwt.Workbook()
    for page in pages:
        sheet = book.add_sheet(page.name)
        sheet.visibility = int(page.hidden)
        for n, row in enumerate(page.grid):
            for m, cell in enumerate(row):
                if isinstance(cell, Shown):
                    sheet.write(n, m, cell.value, xlwt.easyxf(num_format_str=cell.format))
                elif isinstance(cell, str) and cell.startswith("#"):
                    sheet.row(n).set_cell_error(m, {"#REF!": 0x17, "#VALUE!": 0x0F}[cell])
                elif cell not in {"", None}:
                    sheet.write(n, m, _plain(cell))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def as_page(layout: Layout, pages: Sequence[Page]) -> bytes:
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(str(_plain(cell)))}</td>" for cell in row) + "</tr>"
        for row in pages[0].grid
    )
    encoding = "gb18030" if layout.encoding == "gb18030" else "utf-8"
    return f"<html><body><table border=1>{rows}</table></body></html>".encode(encoding)


WRITERS: dict[str, Callable[[Layout, Sequence[Page]], bytes]] = {
    "csv": as_text, "tab": as_text, "xlsx": as_xlsx, "xls": as_xls, "html": as_page,
}  # fmt: skip
