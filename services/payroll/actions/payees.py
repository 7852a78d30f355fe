"""Which card a worker's wages go to: a changed one waits, and none is ever overwritten."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.models import PayeeAccount, Worker
from services.payroll.rules.policies import PolicyKind
from services.payroll.schemas.roster import CardIn
from shared import clock, pii, sets
from shared.db import Session, new_id


@dataclass(frozen=True, slots=True)
class Told:
    """Whose card it is, as somebody says."""

    worker: Worker
    card: CardIn

    @property
    def card_no(self) -> str:
        """Give the number in its one spelling."""
        return pii.normalised(self.card.card_no, "card")

    @property
    def holder_index(self) -> str:
        """Give the index of the name on the card."""
        holder = self.card.holder
        return pii.blind_index(holder, "name") if holder else self.worker.name_index


async def tell_cards(
    session: Session,
    project_id: UUID,
    area_code: str,
    told: Sequence[Told],
    *,
    by: str,
    now: datetime,
) -> Collection[UUID]:
    """Take what was told of cards at a project; give whose are new. The same again is nothing.

    The first card of somebody counts at once, a later one when its time has come; until then
    money goes to the one before. One that was told and has not counted yet never will.
    """
    policy = await queries.policies.policy_in_force(
        session, PolicyKind.PAYEE_HOLD, area_code, clock.day_of(now)
    )
    hold = rules.roster.PayeeHold.of(policy.values)
    kept = await queries.workers.locked_payees(
        session, project_id, {one.worker.id for one in told}, now
    )
    newest = {row.worker_id: row for row in kept if row.replaced_at is None}
    in_use = {row.worker_id: row for row in kept if row.counts_at(now)}
    fresh: dict[UUID, dict[str, object]] = {}
    for one in told:
        before = newest.get(one.worker.id)
        index, holder = pii.blind_index(one.card_no, "card"), one.holder_index
        if before and (before.card_index, before.holder_index) == (index, holder):
            continue
        usable_from = hold.usable_from(now, first=before is None)
        _replace(before, in_use.get(one.worker.id), usable_from, now)
        when = {"told_at": now, "told_by": by, "usable_from": usable_from, "replaced_at": None}
        fresh[one.worker.id] = {"project_id": project_id, **_card(one, index, holder), **when}
    await sets.change(session, kept)
    await sets.copy(session, PayeeAccount, list(fresh.values()))
    return fresh.keys()


def _replace(
    newest: PayeeAccount | None,
    in_use: PayeeAccount | None,
    usable_from: datetime,
    now: datetime,
) -> None:
    if newest is not None:
        newest.replaced_at = now if newest is not in_use else usable_from
    if in_use is not None:
        in_use.replaced_at = usable_from


def _card(one: Told, index: str, holder: str) -> dict[str, object]:
    return {
        "id": new_id(),
        "worker_id": one.worker.id,
        "card_no": one.card_no,
        "card_index": index,
        "debit_index": pii.blind_index(one.card_no, "account"),
        "bank_code": one.card.bank_code,
        "bank_name": one.card.bank_name,
        "holder_index": holder,
        "is_own": holder == one.worker.name_index,
    }


async def follow_names(session: Session, renamed: Mapping[UUID, tuple[str, str]]) -> None:
    """Say anew whose cards are own, where workers are known by another name than before.

    What was held under the former name is held under the new one: it is the same person.
    """
    rows = await queries.workers.locked_newest_payees(session, renamed.keys())
    for row in rows:
        before, after = renamed[row.worker_id]
        row.holder_index = after if row.holder_index == before else row.holder_index
        row.is_own = row.holder_index == after
    await sets.change(session, rows)
