"""Payroll, seen from outside."""

from services.payroll import handlers, jobs, queries
from services.payroll.adapters import (
    account_list,
    payment_instruction,
    payment_list,
    sheet_print,
    statement_print,
)
from services.payroll.adapters.contract_file import MOST_PAPER_BYTES
from services.payroll.models import Base, StatementFile
from services.payroll.routes import router
from services.payroll.schemas.attendance import MOST_BYTES as MOST_ATTENDANCE_BYTES
from services.payroll.schemas.results import MOST_BYTES as MOST_RESULT_BYTES
from services.payroll.schemas.sheets import MOST_BYTES as MOST_SHEET_BYTES
from services.payroll.schemas.statement_files import MOST_BYTES
from services.payroll.settings import Settings
from shared import known
from shared.events.cases import ArrearsCaseOpened
from shared.events.conditions import PayrollConditionEnded, PayrollConditionFound
from shared.events.payroll import (
    BankFeedCompleted,
    BankFeedLate,
    BankNoticeReceived,
    CanaryMissed,
    CanaryReceived,
    ContractorReportReceived,
    DisbursementReopened,
    DisbursementSent,
    DisbursementSettled,
    PayMonthMoved,
    SheetApproved,
    SheetReviewed,
    SheetSubmitted,
    TransferMissed,
    TransferNoted,
    TransferReceived,
    TransferReversed,
    TransferSent,
    TransfersReminded,
    WageAccountChanged,
)
from shared.events.platform import PLATFORM
from shared.events.registry import (
    AreaChanged,
    CalendarPublished,
    OrganisationChanged,
    OrganisationRegistered,
    ProjectChanged,
    ProjectPartyChanged,
    ProjectRegistered,
    ProjectResumed,
    ProjectSuspended,
    WorksContractSigned,
    WorksContractSupplemented,
)
from shared.jobs import daily, polled
from shared.service import Service
from shared.uploads import MEBIBYTE

service = Service(
    name="payroll",
    settings=Settings,
    metadata=Base.metadata,
    router=router,
    publishes=[
        TransferMissed,
        TransferReceived,
        TransferReversed,
        TransferSent,
        BankNoticeReceived,
        ContractorReportReceived,
        BankFeedLate,
        BankFeedCompleted,
        WageAccountChanged,
        TransfersReminded,
        TransferNoted,
        PayrollConditionFound,
        PayrollConditionEnded,
        SheetSubmitted,
        SheetReviewed,
        SheetApproved,
        PayMonthMoved,
        DisbursementSent,
        DisbursementSettled,
        DisbursementReopened,
        CanaryMissed,
        CanaryReceived,
        *PLATFORM,
    ],
    handles={
        **known.HANDLES,
        AreaChanged: handlers.on_area_changed,
        CalendarPublished: handlers.on_calendar_published,
        OrganisationRegistered: handlers.on_organisation_registered,
        OrganisationChanged: handlers.on_organisation_changed,
        ProjectRegistered: handlers.on_project_registered,
        ProjectChanged: handlers.on_project_changed,
        ProjectPartyChanged: handlers.on_project_party_changed,
        WorksContractSigned: handlers.on_works_contract_signed,
        WorksContractSupplemented: handlers.on_works_contract_supplemented,
        ProjectSuspended: handlers.on_project_suspended,
        ProjectResumed: handlers.on_project_resumed,
        ArrearsCaseOpened: handlers.on_arrears_case_opened,
    },
    relearns={
        BankFeedCompleted: handlers.on_own_feed_completed,
        TransferNoted: handlers.on_own_transfer_noted,
    },
    jobs=[  # Beijing time
        daily("00:00", jobs.expect_bank_feeds),
        daily("00:00", jobs.look_at_accounts, queries.conditions.ACCOUNT_WAITS),
        daily("00:00", jobs.begin_pay_month),
        daily("00:00", jobs.find_overdue_reports, queries.reports.REPORT_WAITS),
        daily("00:00", jobs.report_without_timer, queries.expectations.UNTIMED),
        daily("00:30", jobs.blank_what_is_over, queries.retention.BLANKING_WAITS),
        daily("09:00", jobs.remind_of_transfers),
        daily("13:00", jobs.look_at_sites),
    ],
    polls=[
        polled(jobs.replan_obligations, queries.obligations.REPLAN_WAITS),
        polled(jobs.match_returns, queries.lines.RETURN_WAITS),
        polled(
            jobs.find_missed_transfers,
            queries.transfers.MISS_WAITS | queries.canary.MISS_WAITS,
        ),
        polled(jobs.review_pay_months, queries.paydays.MONTH_WAITS),
        polled(jobs.keep_canary_flying),
    ],
    timers={
        "bank_feed": jobs.on_bank_feed_due,
        "freeze": jobs.on_freeze_due,
        "expected_feed": jobs.on_expected_feed_due,
        "canary": jobs.on_canary_due,
    },
    watches={"canary": jobs.watch_canary},
    reads={
        "statement": statement_print.printed,
        "accounts": account_list.printed,
        "payments": payment_list.printed,
        "results": payment_instruction.printed,
        "payroll": sheet_print.payroll,
        "roster": sheet_print.roster,
        "attendance": sheet_print.attendance,
    },
    loops={
        StatementFile.__tablename__: polled(
            jobs.read_statement_files, queries.statement_files.FILE_WAITS
        )
    },
    bodies={
        "/v1/statement-files": MOST_BYTES + MEBIBYTE,
        "/v1/disbursements/[^/]+/results": MOST_RESULT_BYTES,
        "/v1/disbursements/[^/]+/result-files": MOST_RESULT_BYTES + MEBIBYTE,
        "/v1/projects/[^/]+/attendance": MOST_ATTENDANCE_BYTES,
        "/v1/projects/[^/]+/labour-contracts/[^/]+/papers": MOST_PAPER_BYTES + MEBIBYTE,
        "/v1/projects/[^/]+/sheets": MOST_SHEET_BYTES + MEBIBYTE,
        "/v1/projects/[^/]+/attendance-sheets": MOST_SHEET_BYTES + MEBIBYTE,
    },
    measures=[jobs.measure_standings],
    invariants={
        "unhandled_obligations": queries.invariants.unhandled_obligations,
        "without_timer": queries.expectations.expectations_without_timer,
    },
)
