"""What came of a scenario, as a page of text: from the document alone."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby, zip_longest
from typing import Any, TypeAlias

from services.demo import cases, months, requirements
from shared import clock

Say = Callable[[str], None]
Told: TypeAlias = Mapping[str, Any]

# How many items make a story that is told step by step; more are told by level.
STORY = 12
# How many accounts are told by name: those that hold most.
RESERVES = 3
KINDS = {
    "transfer_missed": "人工费未拨付",
    "bank_feed_late": "银行数据未到",
    "feed_silent": "应报数据未到",
    "account_not_opened": "专户未开立",
    "account_not_filed": "专户未备案",
    "agreement_missing": "三方协议未签订",
    "deposit_missing": "工资保证金未存储",
    "guarantee_expiring": "保证金保函将到期",
    "deposit_not_replenished": "工资保证金未补足",
    "cover_low": "储存金不足",
    "notice_board_missing": "告示牌未设置",
    "wage_officer_missing": "劳资专管员未配备",
    "payment_guarantee_missing": "工程款支付担保缺失",
    "no_systems": "监管缺失",
    "reporting_gap": "应报未报",
    "nobody_in_charge": "无人负责",
    "payroll_not_submitted": "工资支付表未报送",
    "wages_unpaid": "工资未发放",
    "paid_share_low": "发放比例偏低",
    "leaver_not_settled": "退场未结清",
    "payment_outside_account": "专户付给非本项目人员",
    "payment_returned": "工资退回未补发",
    "receipt_disputed": "收款异议",
    "watched_after_red": "红色办结后观察",
    "deposit_statement_missing": "保证金对账单未到",
    "unregistered_on_site": "在场未登记",
    "attendance_stopped": "考勤中断",
    "below_minimum_wage": "低于最低工资",
    "implausible_pay": "工资异常",
    "case_limit_near": "办案期限临近",
    "case_step_overdue": "案件环节逾期",
}
MISSED, LATE = "transfer_missed", "bank_feed_late"


def show(told: Told, say: Say, title: str = "") -> None:
    """Print the page, from the document alone."""
    head = f"═══ {title} ═══  " if title else ""
    say(f"\n{head}截至 as of {_end(told['as_of'])}\n")
    _transfers(told, say)
    requirements.show(told["systems"], say, _table)
    _items(told, say)
    _late(told, say)
    _proposals(told, say)
    _reserve(told, say)
    months.show(told["months"], told["watch_items"], say, _table)
    cases.show(told["ledger"], say, _table)
    _reporting(told, say)
    if len(told["watch_items"]) <= STORY:
        _story(told, say)
    _alerts(told, say)
    _deliveries(told, say)


def _end(instant: str) -> str:
    """Give an instant as an end: midnight is 24:00 of the day before."""
    at = datetime.fromisoformat(instant).astimezone(clock.BEIJING)
    midnight = at == clock.at(clock.day_of(at))
    return f"{clock.day_of(at) - timedelta(days=1)} 24:00" if midnight else f"{at:%Y-%m-%d %H:%M}"


def _when(instant: str | None) -> str:
    if not instant:
        return ""
    return datetime.fromisoformat(instant).astimezone(clock.BEIJING).strftime("%Y-%m-%d %H:%M")


def _money(amount: str | Decimal) -> str:
    return f"{Decimal(amount):,.2f}"


def _width(text: str) -> int:
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)  # noqa: PLR2004  where wide letters begin


def _table(rows: Sequence[Sequence[str]], say: Say, left: int = 1) -> None:
    """Print rows in columns, the first ones from the left; Chinese letters are two places wide."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        blanks = [" " * (wide - _width(cell)) for cell, wide in zip(row, widths, strict=True)]
        cells = [
            cell + blank if place < left else blank + cell
            for place, (cell, blank) in enumerate(zip(row, blanks, strict=True))
        ]
        say("  " + "  ".join(cells).rstrip())


def _open(told: Told) -> list[Told]:
    return [item for item in told["watch_items"] if item["state"] != "closed"]


def _levels(items: Iterable[Told]) -> dict[str, str]:
    """Give the levels on which items stand, lowest first, each with what it is called."""
    found = {(one["level_rank"], one["level"], one["level_label"]) for one in items}
    return {code: f"{label} {code}" for _, code, label in sorted(found)}


def _highest(told: Told) -> dict[str, Told]:
    """Give each project's open miss of the highest level."""
    missed = (i for i in _open(told) if i["kind"] == MISSED and i["project"])
    found = sorted(missed, key=lambda i: i["level_rank"])
    return {item["project"]["id"]: item for item in found}


def _transfers(told: Told, say: Say) -> None:
    """Print the board: how many projects of each unit lack money, and on which level they are."""
    summary, highest = told["summary"], _highest(told)
    total = summary["total"]
    lacking, share = total["none"] + total["short"], total["share"] or "–"
    say(f"人工费用拨付 labour-cost transfers by the end of {summary['as_of']}")
    say(
        f"  在建 {total['projects']} 个，未足额 {lacking} 个 = 未拨付 {total['none']} + "
        f"拨付不足 {total['short']}，占 {share} %，差额 {_money(total['shortfall'])} 元"
    )
    say(
        f"  {total['projects']} in progress, {lacking} lack money = {total['none']} none + "
        f"{total['short']} short, {share} %, lacking CNY {_money(total['shortfall'])}\n"
    )
    levels = _levels(highest.values())
    standing = Counter((i["project"]["developer"]["id"], i["level"]) for i in highest.values())
    head = ["业主 developer", "在建 all", "未拨付 none", "不足 short", "足额 full"]
    rows = [[*head, "差额 shortfall", "占比 share", *levels.values()]]
    for one in summary["items"]:
        at = [str(standing[one["developer"]["id"], level] or "") for level in levels]
        rows.append([one["developer"]["name"], *_tally(one), *at])
    in_all = Counter(item["level"] for item in highest.values())
    rows.append(["合计 all", *_tally(total), *(str(in_all[level]) for level in levels)])
    _table(rows, say)


def _tally(one: Told) -> list[str]:
    counts = [str(one[name] or "") for name in ("projects", "none", "short", "full")]
    share = "" if one["share"] is None else f"{one['share']} %"
    return [*counts, _money(one["shortfall"]), share]


def _items(told: Told, say: Say) -> None:
    """Print how many items there are, and the open misses by level, highest first, by project."""
    count = Counter((item["kind"], item["state"] == "closed") for item in told["watch_items"])
    say("\n关注事项 watch items")
    for kind in sorted({kind for kind, _ in count}):
        name = f"{KINDS.get(kind, '')} {kind}".strip()
        say(f"  {name}: {count[kind, False]} open, {count[kind, True]} closed{_at(told, kind)}")
    found = [item for item in _open(told) if item["kind"] == MISSED and item["project"]]
    for level, label in reversed(_levels(found).items()):
        here = [item for item in found if item["level"] == level]
        projects = dict.fromkeys(item["project"]["id"] for item in here)
        say(f"\n  {label}: {len(here)} open, {len(projects)} projects")
        _table([_line([i for i in here if i["project"]["id"] == one]) for one in projects], say, 5)


def _at(told: Told, kind: str) -> str:
    """Give on which levels a kind's open items stand; misses are listed by level below."""
    found = [item for item in _open(told) if item["kind"] == kind and kind != MISSED]
    standing = Counter(item["level"] for item in found)
    levels = [f"{label} {standing[code]}" for code, label in _levels(found).items()]
    return f"  ({', '.join(levels)})" if levels else ""


def _line(items: Sequence[Told]) -> list[str]:
    """Give a row for the items of a project on one level."""
    project = items[0]["project"]
    return [
        f"  {project['name']}",
        project["developer"]["name"],
        "、".join(item["period"] for item in items),
        f"应拨日 due {items[0]['due_on']}",
        "差额 lacking",
        _money(sum((Decimal(item["lacking"] or 0) for item in items), Decimal(0))),
    ]


def _late(told: Told, say: Say) -> None:
    """Print each feed that came late: when it was owed, how its item rose, when it came."""
    late = [item for item in told["watch_items"] if item["feed"]]
    if not late:
        return
    say(f"\n银行数据未到 late bank data: {len(late)}")
    for item in late:
        rose = [
            f"{entry['what']} {entry['level']} {_when(entry['at'])}"
            for entry in item["timeline"]
            if entry["what"] in {"opened", "raised", "closed"}
        ]
        say(f"  {item['feed']['source']}  {item['period']}  {', '.join(rose)}")


def _proposals(told: Told, say: Say) -> None:
    cases = sum(
        entry["what"] == "case_opened" for item in told["watch_items"] for entry in item["timeline"]
    )
    say(f"\n立案建议 case proposals: {len(told['proposals'])}, 欠薪案件 arrears cases: {cases}")
    rows = [
        [
            one["project"]["name"],
            one["project"]["developer"]["name"],
            f"proposed {_when(one['proposed_at'])}",
            one["state"],
        ]
        for one in told["proposals"]
    ]
    if rows:
        _table(rows, say, 4)


def _reserve(told: Told, say: Say) -> None:
    """Print what those accounts hold, for how long it lasts, and which months were paid in full."""
    if told["reserves"]:
        say("\n人工费储存金 reserves")
    for one in told["reserves"][:RESERVES]:
        paid = [each for each in one["months"] if each["payroll_lines"]]
        full = sum(Decimal(each["settled_share"]) == 100 for each in paid)  # noqa: PLR2004 -- all
        say(
            f"  {one['project_name']}: 余额 balance {_money(one['balance'])}, "
            f"月均 monthly {_money(one['average_payroll'])}, "
            f"可支付 covers {one['months_covered']} months; "
            f"按月发放 paid in full {full} of {len(paid)} months"
        )
        got = [
            f"{each['period']} {each['settled']}/{each['on_sheet']}"
            for each in one["pay_months"]
            if each["on_sheet"]
        ]
        if got:
            say(f"    到本人账户 settled to workers: {', '.join(got)}")
    if others := told["reserves"][RESERVES:]:
        total = sum((Decimal(one["balance"]) for one in others), Decimal(0))
        say(f"  其余 others: {len(others)} 个账户 accounts, 余额 balance {_money(total)}")


def _reporting(told: Told, say: Say) -> None:
    """Print how completely the half-year's projects are reported, and each gap by its name."""
    found, total = told["reporting"], told["reporting"]["total"]
    if not total["known"]:
        return
    say(
        f"\n应报尽报 reporting {found['half_year']}: 应报 known {total['known']}, "
        f"已报 reported {total['reported']}, 完整 complete {total['complete']}, {total['share']} %"
    )
    lacking = [
        f"{one['name']} {one['complete']}/{one['known']} {one['share']} %"
        for one in found["items"]
        if one["complete"] < one["known"]
    ]
    if lacking:
        say(f"  未报全 not all reported: {'、'.join(lacking)}")
    for gap in told["reporting_gaps"]:
        say(
            f"  应报未报 gap: {gap['name']}  {gap['unit_name']}  {gap['reason']}  "
            f"缺 missing {', '.join(gap['missing'])}"
        )


def _story(told: Told, say: Say) -> None:
    """Print every item with everything that happened to it."""
    say("\n经过 what happened")
    for item in told["watch_items"]:
        about = item["project"] or {"name": item["feed"] and item["feed"]["source"]}
        lacking = f"  差额 lacking {_money(item['lacking'])}" if float(item["lacking"] or 0) else ""
        say(
            f"  ■ {item['kind']}  {about['name']} {item['period']}  {item['level']}  "
            f"{item['state']}{lacking}"
        )
        for _, same in groupby(item["timeline"], lambda e: (e["what"], e["level"], e["step"])):
            entry, *again = same
            until = f"  {len(again) + 1} ×, until {_when(again[-1]['at'])}" if again else ""
            say(
                f"      {_when(entry['at'])}  {entry['what']:<14} {entry['level']:<7} "
                f"{entry['step']}{until}"
            )


def _alerts(told: Told, say: Say) -> None:
    """Print how many alerts there were, and who was told how often."""
    notices = [notice for one in told["alerts"] for notice in one["notices"]]
    told_to = Counter(notice["recipient"] for notice in notices)
    say(
        f"\n预警通知 alerts: {len(told['alerts'])}, 通知 notices: {len(notices)}, "
        f"接收人 recipients: {len(told_to)}"
    )
    most_first = sorted(told_to.items(), key=lambda told: (-told[1], told[0]))
    half = (len(most_first) + 1) // 2
    left, right = most_first[:half], most_first[half:]
    wide = max((_width(name) for name, _ in left), default=0)
    for (name, number), other in zip_longest(left, right):
        beside = f"{' ' * (wide - _width(name))}  {other[1]:>5} × {other[0]}" if other else ""
        say(f"  {number:>5} × {name}{beside}")


def _deliveries(told: Told, say: Say) -> None:
    """Print what the subscriber got, and whether every signature was right."""
    deliveries = told["deliveries"]
    verified = sum(one["verified"] for one in deliveries)
    say(
        f"\n推送 webhooks: {len(deliveries)} sent, {verified} received by the subscriber with a "
        f"right signature, {len(deliveries) - verified} not"
    )
    for kind, number in sorted(Counter(one["type"] for one in deliveries).items()):
        say(f"  {number:>5} × {kind}")
