"""What cases is, seen from outside."""

from services.cases import handlers, jobs, queries
from services.cases.models import Base
from services.cases.routes import router
from services.cases.routes.public import BODIES
from services.cases.settings import Settings
from shared import known
from shared.events.alerts import AlertAcknowledged, NoticesDelivered
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
from shared.events.conditions import (
    PayrollConditionEnded,
    PayrollConditionFound,
    RegistryConditionEnded,
    RegistryConditionFound,
)
from shared.events.payroll import (
    BankFeedCompleted,
    BankFeedLate,
    BankNoticeReceived,
    CanaryMissed,
    CanaryReceived,
    ContractorReportReceived,
    PayMonthMoved,
    TransferMissed,
    TransferNoted,
    TransferReceived,
    TransferReversed,
    TransferSent,
    TransfersReminded,
)
from shared.events.platform import PLATFORM
from shared.events.registry import (
    AreaPersonAssigned,
    CalendarPublished,
    OrganisationChanged,
    OrganisationRegistered,
    PersonAssigned,
    ProjectChanged,
    ProjectRegistered,
)
from shared.jobs import daily
from shared.service import Service
from shared.timers import InSets

service = Service(
    name="cases",
    settings=Settings,
    metadata=Base.metadata,
    router=router,
    publishes=[
        WatchItemOpened,
        WatchItemRaised,
        WatchItemLowered,
        WatchItemStepReached,
        WatchItemClosed,
        WatchItemDecided,
        CaseProposed,
        CorrectionOrderMoved,
        FundingOrderMoved,
        ArrearsCaseOpened,
        RestrictionChanged,
        RetaliationTold,
        RetaliationSettled,
        IncidentRecorded,
        IncidentEnded,
        *PLATFORM,
    ],
    handles={
        **known.HANDLES,
        CalendarPublished: handlers.on_calendar_published,
        OrganisationRegistered: handlers.on_organisation_told,
        OrganisationChanged: handlers.on_organisation_told,
        ProjectRegistered: handlers.on_project_registered,
        ProjectChanged: handlers.on_project_changed,
        PersonAssigned: handlers.on_person_assigned,
        AreaPersonAssigned: handlers.on_area_person_assigned,
        TransferMissed: handlers.on_transfer_missed,
        TransferReceived: handlers.on_transfer_received,
        TransferReversed: handlers.on_transfer_reversed,
        TransferSent: handlers.on_transfer_sent,
        PayMonthMoved: handlers.on_pay_month_moved,
        BankNoticeReceived: handlers.on_miss_told,
        ContractorReportReceived: handlers.on_miss_told,
        TransfersReminded: handlers.on_transfers_reminded,
        TransferNoted: handlers.on_transfer_noted,
        CanaryMissed: handlers.on_canary_missed,
        CanaryReceived: handlers.on_canary_received,
        BankFeedLate: handlers.on_bank_feed_late,
        BankFeedCompleted: handlers.on_bank_feed_completed,
        RegistryConditionFound: handlers.on_condition_found,
        RegistryConditionEnded: handlers.on_condition_ended,
        PayrollConditionFound: handlers.on_condition_found,
        PayrollConditionEnded: handlers.on_condition_ended,
        AlertAcknowledged: handlers.on_alert_acknowledged,
        NoticesDelivered: handlers.on_notices_delivered,
    },
    together=[PayMonthMoved, BankFeedCompleted, PayrollConditionFound, NoticesDelivered],
    relearns={
        ArrearsCaseOpened: handlers.on_own_arrears_case,
        WatchItemDecided: handlers.on_own_decision,
        CorrectionOrderMoved: handlers.on_own_order,
    },
    jobs=[
        daily("00:00", jobs.assign_persons, queries.items.ASSIGNMENT_WAITS),  # Beijing time
        daily("00:30", jobs.report_without_timer, queries.invariants.WITHOUT_TIMER),
        daily("00:30", jobs.record_shadows, queries.shadows.SHADOWS_RUN),
    ],
    timers={
        "level": InSets(jobs.on_level_due, jobs.around_levels),
        "answer": jobs.on_answer_due,
        "case": jobs.on_case_due,
        "order": jobs.on_order_due,
        "funding": jobs.on_funding_due,
        "condition": jobs.on_condition_due,
        "expected_feed": jobs.on_expected_feed_due,
        "canary": jobs.on_canary_due,
        "clock": jobs.on_clock_due,
        "restriction": jobs.on_restriction_due,
    },
    measures=[jobs.measure_items],
    invariants={
        "closed_without_proof": queries.invariants.closed_without_proof,
        "without_timer": queries.invariants.without_timer,
    },
    rehearse=jobs.rehearse,
    bodies=BODIES,
)
