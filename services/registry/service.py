"""The manifest of registry."""

from services.registry import adapters, handlers, jobs, queries
from services.registry.models import Base
from services.registry.routes import router
from services.registry.settings import Settings
from shared.events.conditions import RegistryConditionEnded, RegistryConditionFound
from shared.events.platform import PLATFORM
from shared.events.registry import (
    ApiKeyIssued,
    ApiKeyRevoked,
    AreaChanged,
    AreaPersonAssigned,
    CalendarPublished,
    OrganisationChanged,
    OrganisationRegistered,
    PersonAssigned,
    PersonPosted,
    ProjectChanged,
    ProjectPartyChanged,
    ProjectRegistered,
    ProjectResumed,
    ProjectSuspended,
    WorksContractSigned,
    WorksContractSupplemented,
)
from shared.jobs import daily
from shared.service import Service

# Registry keeps what all services know in the transaction that tells of it, so it reads no event.
service = Service(
    name="registry",
    settings=Settings,
    metadata=Base.metadata,
    router=router,
    publishes=[
        AreaChanged, CalendarPublished, ApiKeyIssued, ApiKeyRevoked,
        OrganisationRegistered, OrganisationChanged, ProjectRegistered, ProjectChanged,
        ProjectSuspended, ProjectResumed,
        WorksContractSigned, WorksContractSupplemented, PersonAssigned,
        AreaPersonAssigned, PersonPosted, ProjectPartyChanged,
        RegistryConditionFound, RegistryConditionEnded, *PLATFORM,
    ],
    relearns={
        ApiKeyIssued: handlers.on_own_api_key_issued,
        ApiKeyRevoked: handlers.on_own_api_key_revoked,
    },
    jobs=[  # Beijing time
        daily("00:00", jobs.put_areas_in_force, queries.areas.AREA_WAITS),
        daily("00:00", jobs.put_parties_in_force, queries.parties.PARTY_WAITS),
        daily("00:00", jobs.find_vacancies, queries.territories.VACANCY_WAITS),
        daily("00:00", jobs.look_at_requirements, queries.looks.LOOK_WAITS),
        daily("00:00", jobs.expect_bank_statements, queries.bank_statements.STATEMENT_WAITS),
    ],
    reads=adapters.onboarding.READS,
    timers={
        "half_year": jobs.on_half_year_due, "suspension": jobs.on_suspension_due,
        "exemption": jobs.on_exemption_due, "deposit_use": jobs.on_deposit_use_due,
        "deposit_return": jobs.on_deposit_return_due,
        "bank_statement": jobs.on_bank_statement_due,
    },
)  # fmt: skip
