"""What is wrong with required systems at a project, as the watch rules look at it; pure.

Basis days (domain 6.2): P4 the permit's day, else the contract's; P18 and P19 the start of works,
P19 also the guarantee's last day; P22 the start.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.registry.rules.projects import ProjectStatus
from services.registry.rules.requirements import (
    Answerer,
    ConditionKind,
    RequirementStatus,
)

WORKS_STARTED = "works_started"
STOPPED = "project_stopped"


@dataclass(frozen=True, slots=True)
class Site:
    """What of a project decides whether somebody has to do something there."""

    project_id: UUID
    status: ProjectStatus
    supervised_since: date | None
    started_on: date | None
    developer_id: UUID
    contractor_id: UUID | None

    def is_watched(self, day: date) -> bool:
        """Say whether the platform supervises it on a day, and it is not complete."""
        return (
            self.status is not ProjectStatus.COMPLETE
            and self.supervised_since is not None
            and self.supervised_since <= day
        )

    def works_since(self, day: date) -> date | None:
        """Give the day since which works go on, by a day; None before.

        A project in progress whose first day nobody entered is taken as started when supervision
        began: that it is in progress was reported.
        """
        if self.status is not ProjectStatus.IN_PROGRESS:
            return None
        began = self.started_on or self.supervised_since
        return began if began and began <= day else None

    def answers(self, who: Answerer) -> UUID:
        """Give the unit that has to act; without a contractor the developer has to."""
        if who is Answerer.CONTRACTOR and self.contractor_id:
            return self.contractor_id
        return self.developer_id


@dataclass(frozen=True, slots=True)
class Standing:
    """How one required system stands at a project."""

    requirement_id: UUID
    status: RequirementStatus
    triggered_on: date | None
    lapsed_on: date | None
    """The last day of the evidence that there was; None: there was none."""
    condition: ConditionKind | None
    answerer: Answerer


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that somebody must put right."""

    kind: ConditionKind
    subject_id: UUID
    unit_id: UUID
    since: date
    facts: tuple[str, ...] = ()
    muted_by: str | None = None

    @property
    def key(self) -> tuple[ConditionKind, UUID]:
        """Give its identity: telling again replaces what was told."""
        return self.kind, self.subject_id


OPEN = frozenset({RequirementStatus.NOT_DONE, RequirementStatus.OVERDUE})
_COUNTED = OPEN | {RequirementStatus.DONE}


@dataclass(frozen=True, slots=True)
class Deposits:
    """What of a project's deposits somebody must look after, each by its id with a day."""

    ends: list[tuple[UUID, date]]
    """Guarantees with their last days, which may lie ahead (P5)."""
    uses: list[tuple[UUID, date]]
    """What was paid out and not replenished, with the day of the payment (P6)."""
    statements: list[tuple[UUID, date]]
    """The bank's statements that did not come, with the last day on which they were in time."""


def of_deposits(site: Site, deposits: Deposits, day: date) -> Iterator[Condition]:
    """Give what is wrong, or will be, with a project's deposits.

    The contractor answers for a statement, too: the account is his, and the bank owes it to him.
    """
    if not site.is_watched(day):
        return
    unit = site.answers(Answerer.CONTRACTOR)
    for security_id, last in deposits.ends:
        yield Condition(ConditionKind.GUARANTEE_EXPIRING, security_id, unit, last)
    for use_id, paid_on in deposits.uses:
        yield Condition(ConditionKind.DEPOSIT_NOT_REPLENISHED, use_id, unit, paid_on)
    for statement_id, due_on in deposits.statements:
        yield Condition(ConditionKind.DEPOSIT_STATEMENT_MISSING, statement_id, unit, due_on)


def found(
    site: Site, standings: Iterable[Standing], day: date, *, replaced: bool = False
) -> Iterator[Condition]:
    """Give what is wrong at a project on a day.

    `replaced`: a deposit was used, or its guarantee ran out, and a condition of its own tells of
    it; that the deposit is missing then is no second thing.
    """
    if not site.is_watched(day):
        return
    muted_by = STOPPED if site.status is ProjectStatus.STOPPED else None
    works = site.works_since(day)
    asked = [each for each in standings if each.status in _COUNTED]
    if works and asked and all(each.status in OPEN for each in asked):
        unit = site.answers(Answerer.DEVELOPER)
        yield Condition(ConditionKind.NO_SYSTEMS, site.project_id, unit, works, (WORKS_STARTED,))
    for each in asked:
        since = each.triggered_on
        if each.status not in OPEN or each.condition is None or since is None or since > day:
            continue
        if replaced and each.condition is ConditionKind.DEPOSIT_MISSING:
            continue
        since = max(since, each.lapsed_on) if each.lapsed_on else since
        unit = site.answers(each.answerer)
        yield Condition(each.condition, each.requirement_id, unit, since, (), muted_by)


# The proofs of what is wrong with deposits.
_DEPOSITS = {
    ConditionKind.GUARANTEE_EXPIRING: "guarantee_replaced",
    ConditionKind.DEPOSIT_NOT_REPLENISHED: "deposit_replenished",
    ConditionKind.DEPOSIT_STATEMENT_MISSING: "statement_filed",
}


def why_ended(
    site: Site,
    standings: Mapping[UUID, Standing],
    kind: ConditionKind,
    subject_id: UUID,
    day: date,
) -> str:
    """Give the proof in one word that a condition holds no longer."""
    if site.status is ProjectStatus.COMPLETE:
        return "project_closed"
    if not site.is_watched(day):
        return "not_supervised"
    if kind in _DEPOSITS:
        return _DEPOSITS[kind]
    standing = standings.get(subject_id)
    if standing is None:
        return (
            "evidence_filed"
            if any(each.status is RequirementStatus.DONE for each in standings.values())
            else "works_not_started"
        )
    return {
        RequirementStatus.DONE: "evidence_filed",
        RequirementStatus.EXEMPT: "exempted",
        RequirementStatus.NOT_REQUIRED: "not_required",
    }.get(standing.status, "not_due")
