"""Events of the platform itself, in every service's `publishes`; alerts takes them to operators."""

from datetime import datetime
from uuid import UUID

from shared.events.base import Event


class EventParked(Event, type="platform.event_parked.v1", key="service"):
    """An event could not be handled; it and later ones of its key wait for a person."""

    service: str
    event_id: UUID
    event_type: str
    event_key: str
    reason: str


class TimerLate(Event, type="platform.timer_late.v1", key="service"):
    """A timer was not handled in time."""

    service: str
    timer_id: UUID
    kind: str
    due_at: datetime


class ItemWithoutTimer(Event, type="platform.item_without_timer.v1", key="service"):
    """Something open has no armed timer: without help it would be silent for ever."""

    service: str
    kind: str
    subject_id: UUID


PLATFORM = (EventParked, TimerLate, ItemWithoutTimer)
