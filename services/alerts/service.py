"""The manifest of alerts."""

from services.alerts import handlers, jobs, queries
from services.alerts.models import Base
from services.alerts.routes import router
from services.alerts.rules.bounces import MOST_BYTES
from services.alerts.settings import Settings
from shared import known
from shared.events.alerts import (
    AlertAcknowledged,
    DeliveryExhausted,
    NoticesDelivered,
    SupervisionProposed,
)
from shared.events.cases import (
    ArrearsCaseOpened,
    CaseProposed,
    CorrectionOrderMoved,
    FundingOrderMoved,
    IncidentEnded,
    IncidentRecorded,
    RestrictionChanged,
    RetaliationSettled,
    RetaliationTold,
    WatchItemClosed,
    WatchItemDecided,
    WatchItemLowered,
    WatchItemOpened,
    WatchItemRaised,
    WatchItemStepReached,
)
from shared.events.payroll import TransfersReminded, WageAccountChanged
from shared.events.platform import PLATFORM, EventParked, ItemWithoutTimer, TimerLate
from shared.events.registry import CalendarPublished, PersonPosted
from shared.jobs import daily, polled
from shared.service import Service
from shared.timers import InSets

service = Service(
    name="alerts",
    settings=Settings,
    metadata=Base.metadata,
    router=router,
    publishes=[
        AlertAcknowledged,
        DeliveryExhausted,
        NoticesDelivered,
        SupervisionProposed,
        *PLATFORM,
    ],
    handles={
        **known.HANDLES,
        CalendarPublished: handlers.on_calendar_published,
        WatchItemOpened: handlers.on_watch_item_opened,
        WatchItemRaised: handlers.on_watch_item_raised,
        WatchItemLowered: handlers.on_watch_item_lowered,
        WatchItemStepReached: handlers.on_watch_item_step_reached,
        WatchItemClosed: handlers.on_watch_item_closed,
        WatchItemDecided: handlers.on_watch_item_decided,
        CorrectionOrderMoved: handlers.on_correction_order_moved,
        FundingOrderMoved: handlers.on_funding_order_moved,
        CaseProposed: handlers.on_case_proposed,
        ArrearsCaseOpened: handlers.on_arrears_case_opened,
        IncidentRecorded: handlers.on_incident_recorded,
        IncidentEnded: handlers.on_incident_ended,
        RetaliationTold: handlers.on_retaliation_told,
        RetaliationSettled: handlers.on_retaliation_settled,
        RestrictionChanged: handlers.on_restriction_changed,
        PersonPosted: handlers.on_person_posted,
        TransfersReminded: handlers.on_transfers_reminded,
        WageAccountChanged: handlers.on_wage_account_changed,
        SupervisionProposed: handlers.on_supervision_proposed,
        EventParked: handlers.on_event_parked,
        TimerLate: handlers.on_timer_late,
        ItemWithoutTimer: handlers.on_item_without_timer,
    },
    relearns={AlertAcknowledged: handlers.on_own_acknowledgement},
    bodies={"/v1/bounces": MOST_BYTES},
    together=[WatchItemStepReached],
    jobs=[  # Beijing time
        daily("00:30", jobs.find_alerts_without_timer, queries.alerts.WITHOUT_TIMER),
        daily("08:30", jobs.report_failing_ways, queries.recipients.WAY_FAILS),
    ],
    timers={
        "escalation": InSets(jobs.on_escalation_due, jobs.around_escalations),
        "promise": jobs.on_promise_due,
        "silence": jobs.on_silence_due,
        "fact": jobs.on_fact_due,
        "bundle": jobs.on_bundle_due,
        "retelling": jobs.on_retelling_due,
    },
    loops={"deliveries": polled(jobs.send_deliveries, queries.deliveries.WAITS)},
    invariants={
        "sent_twice": queries.invariants.sent_twice,
        "without_timer": queries.invariants.without_timer,
        "unsaid": queries.invariants.unsaid,
    },
    measures=[
        jobs.measure_deliveries,
        jobs.warn_of_failing_endpoints,
        jobs.give_up_unreported,
        jobs.check_channels,
    ],
    pending=queries.deliveries.DUE,
)
