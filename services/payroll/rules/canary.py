"""How far the platform's canary came, and whether it is late; pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.wording import Text


class Stage(StrEnum):
    """Where a canary stands, as far as payroll can know; what follows it has not happened."""

    BLIND = "blind"
    """Payroll's database does not answer, so nothing is known."""
    AWAITED = "awaited"
    """None has set out since the one before."""
    ENTERED = "entered"
    FOUND = "found"
    SENT = "sent"


WORDS = {
    Stage.BLIND: Text("payroll 数据库无应答", "payroll's database does not answer"),
    Stage.AWAITED: Text(
        "未出发：payroll 的定时器（due 循环）", "it did not set out: payroll's timers (loop `due`)"
    ),
    Stage.ENTERED: Text(
        "已入流水，未被发现：payroll 的轮询 find_missed_transfers",
        "it entered and was not found: payroll's poll find_missed_transfers",
    ),
    Stage.FOUND: Text(
        "已发现，未上总线：payroll 的 relay 或 Kafka",
        "it was found and is not on the bus: payroll's relay, or Kafka",
    ),
    Stage.SENT: Text(
        "已上总线，未返回：cases 或 alerts 的收件、定时器、relay，或 webhook 投递",
        "it is on the bus and did not come back: inbox, timers, relay of cases or alerts, or the "
        "delivery of webhooks",
    ),
}


@dataclass(frozen=True, slots=True)
class Bounds:
    """How often a canary sets out, how soon it must be back, how often people hear of it."""

    every: timedelta
    within: timedelta
    again: timedelta

    @classmethod
    def of(cls, every: float, within: float, again: float) -> "Bounds":
        """Take seconds."""
        return cls(timedelta(seconds=every), timedelta(seconds=within), timedelta(seconds=again))


@dataclass(frozen=True, slots=True)
class Trail:
    """What is known of the newest canary, and of the newest one that came back."""

    newest_at: datetime | None = None
    """When the newest set out."""
    found_at: datetime | None = None
    sent_at: datetime | None = None
    """When the news of it went on the bus."""
    back: bool = False
    last_back_at: datetime | None = None
    """When the newest of those that came back had set out."""

    @property
    def stopped(self) -> Stage:
        """Give where the one stopped that is late: where the newest is, or before it set out."""
        if self.newest_at is None or self.back:
            return Stage.AWAITED
        if self.found_at is None:
            return Stage.ENTERED
        return Stage.FOUND if self.sent_at is None else Stage.SENT


def due_back(trail: Trail, began: datetime, bounds: Bounds) -> datetime:
    """Give the instant at which the next one has to be back, for who has looked since `began`.

    After downtime one has to set out first, so nothing is late sooner than `within` after it.
    """
    expected = trail.last_back_at + bounds.every if trail.last_back_at else began
    return max(expected, began) + bounds.within


@dataclass(frozen=True, slots=True)
class Telling:
    """What operators are told: where it stopped, since when one is awaited, or that it is over."""

    stage: Stage
    since: datetime
    over: bool = False

    @property
    def words(self) -> Text:
        """Give it in one sentence."""
        since = self.since.isoformat(timespec="seconds")
        if self.over:
            return Text(
                f"【薪清】金丝雀已恢复（自 {since} 起未返回）",
                f"Xinqing: the canary is back (awaited since {since})",
            )
        words = WORDS[self.stage]
        return Text(
            f"【薪清】金丝雀应于 {since} 前返回，至今未回。停在：{words.zh}。见运维手册 CanaryLost",
            f"Xinqing: the canary was to be back by {since}. Where it stopped: {words.en}. "
            "See CanaryLost in the operations handbook",
        )
