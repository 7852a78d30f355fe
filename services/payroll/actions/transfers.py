"""What did not come in time is found, once the bank's data prove it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.payroll import queries
from services.payroll.actions import parties, tellings
from services.payroll.models import Credit, Obligation
from shared import clock, sets
from shared.db import Session, same_id
from shared.events.payroll import TransferMissed
from shared.events.registry import ProjectCard
from shared.outbox import publish_all


async def mark_missed_transfers(session: Session, now: datetime, limit: int = 1000) -> int:
    """Miss what did not come where the data are there; let the rest be due; say how many changed.

    While planned due days wait to be worked out by a newer calendar nothing is judged: its day
    might be another.
    """
    if await queries.obligations.any_open_replan(session):
        return 0
    today = clock.day_of(now)
    fed_until = await queries.transfers.fed_until(session)
    overdue = await queries.transfers.locked_obligations_overdue(session, today, fed_until, limit)
    news = [row for row in overdue if row.miss(today, fed_until.get(row.source_id))]
    if news:
        # What the misses change is written below in one statement, and not before each question.
        with session.no_autoflush:
            projects = await queries.projects.projects(session, {row.project_id for row in news})
            cards = await parties.cards_then(session, news, projects)
        for row in news:
            row.developer_id = cards[row.id].developer_id
        await sets.change(session, news)
        await _tell_missed(session, news, cards, now)
    if len(overdue) == limit:
        # Most of what is planned will be missed in the next steps; none of it changes twice.
        return len(news)
    planned = await queries.transfers.locked_obligations_falling_due(session, today, limit)
    return len(news) + sum(row.fall_due(today) for row in planned)


async def _tell_missed(
    session: Session, news: Sequence[Obligation], cards: Mapping[UUID, ProjectCard], now: datetime
) -> None:
    """Tell of each miss as it stood when its day was over, then of money that came too late.

    It carries the developer and the contractor of its due day, whoever has the roles by now.
    """
    late: dict[UUID, list[Credit]] = defaultdict(list)
    paid = [row.id for row in news if row.credited_amount > row.on_time_amount]
    for credit in await queries.money.late_credits(session, paid) if paid else ():
        late[credit.obligation_id].append(credit)
    await publish_all(session, [_missed(row, cards[row.id], now) for row in news])
    for row in news:
        if row.id in late:
            amount = row.credited_amount - row.on_time_amount
            tellings.tell_received(session, row, amount, late[row.id], now, why="missed")


def _missed(row: Obligation, card: ProjectCard, now: datetime) -> TransferMissed:
    return TransferMissed(
        # Missed once: found again by a restored database, it is the same miss; found again after
        # money was taken back, it is another.
        id=same_id(clock.day_end(row.due_on), row.id, "missed", *tellings.again(row)),
        occurred_at=now,
        project_id=row.project_id,
        project=card,
        area_code=row.area_code,
        obligation_id=row.id,
        works_contract_id=row.works_contract_id,
        account_id=row.account_id,
        period=row.period,
        previous_period=row.previous_period,
        due_on=row.due_on,
        due_amount=row.due_amount,
        lacking=row.due_amount - row.on_time_amount,
        calendar_version=row.calendar_version,
    )
