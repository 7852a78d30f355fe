"""What is told of an obligation whose money came, or counts no longer."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from services.payroll.models import Obligation
from shared import clock
from shared.db import Session, same_id
from shared.events.payroll import TransferReceived, TransferReversed
from shared.outbox import publish


class Booked(Protocol):
    """A line, as far as it is told of: where it stands, and its day."""

    @property
    def serial(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def credited_on(self) -> date: ...


def tell_received(
    session: Session,
    row: Obligation,
    amount: Decimal,
    lines: Sequence[Booked],
    now: datetime,
    *,
    all_lines: Sequence[Booked] = (),
    why: str = "counted",
    in_time: bool = False,
) -> None:
    """Tell that money came for an obligation, with the serials that prove it.

    `why`: it was counted just now, or a miss was found that it came too late for. `all_lines`: what
    counts for it in all, of which the last settled it, which need not be the one that came last.
    `in_time`: it was there on the due day, so that what was told as a miss was none.
    """
    in_order = sorted(lines, key=lambda line: (line.at, line.serial))
    serials = [line.serial for line in in_order]
    # What counts for an obligation only grows between two reversals, so with their number its sum
    # says which telling this is.
    which = (row.id, why, row.credited_amount, *serials, *again(row))
    publish(
        session,
        TransferReceived(
            id=same_id(clock.at(in_order[-1].credited_on), *which),
            occurred_at=now,
            **_about(row),
            amount=amount,
            credited_on=in_order[-1].credited_on,
            bank_serials=serials,
            settled_on=_settled_on(row, [*lines, *all_lines]),
            developer_id=row.developer_id,
            contractor_id=row.contractor_id,
            in_time=in_time,
        ),
    )


def _settled_on(row: Obligation, lines: Sequence[Booked]) -> date | None:
    return max(line.credited_on for line in lines) if row.lacking <= 0 else None


def tell_reversed(
    session: Session,
    row: Obligation,
    amount: Decimal,
    lines: Sequence[Booked],
    now: datetime,
) -> None:
    """Tell that money which had counted counts no longer, by the serials of its lines."""
    publish(
        session,
        TransferReversed(
            id=same_id(clock.day_end(row.due_on), row.id, "reversed", row.reversals),
            occurred_at=now,
            **_about(row),
            amount=amount,
            missed=row.missed_on is not None,
            bank_serials=sorted(line.serial for line in lines),
        ),
    )


def _about(row: Obligation) -> dict[str, Any]:
    return {
        "project_id": row.project_id,
        "area_code": row.area_code,
        "obligation_id": row.id,
        "works_contract_id": row.works_contract_id,
        "period": row.period,
        "due_on": row.due_on,
        "lacking": row.lacking,
    }


def again(row: Obligation) -> Sequence[int]:
    """Give what tells apart what is told of an obligation again after a reversal."""
    return [row.reversals] if row.reversals else []
