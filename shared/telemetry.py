"""What operations see: logs as JSON, traces that cross the bus, metrics; none of it personal."""

import logging
import re
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import partial
from http import HTTPStatus
from pathlib import PurePath
from typing import Any
from uuid import UUID

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.trace.status import Status
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor

from shared.config import Runtime

Personal = Callable[[str], bool]

REFUSED = "[refused]"

# A key of the log that names one of these never shows a value.
_NAMES = re.compile(
    r"(?:^|_)(?:phones?|mobile|tel|e?mails?|(?:id)?cards?|passw(?:or)?d|pwd|secrets?|tokens?|jwt"
    r"|authorization|cookies?|apikey)(?:_|$)"
    r"|(?:id_(?:no|number)|account_(?:no|number)|(?:api|private)_key|pii_keys|counterparty"
    r"|(?:person|worker|recipient|complainant|payee|holder|full|real)_name|home_address)$"
)
# An id or a number of something says nothing of it.
_HARMLESS = ("_id", "_ids", "_count")
# Lines in which the database, or pydantic, quotes the row or the value that it refused.
_QUOTES = re.compile(r"^\s*DETAIL: |\[parameters: |input_value=|'input': ", re.MULTILINE)
_LONGEST = 8_000
_PLAIN = (bool, float, type(None))
_SAID = date | Decimal | Enum | PurePath | UUID

# Libraries that log addresses with secrets in them, or chatter, speak only of trouble.
_QUIET = ("uvicorn.access", "httpx", "httpcore", "aiokafka", "asyncio", "sqlalchemy.engine")
_ADDRESSES = frozenset({"url.full", "http.url", "http.target"})


def configure(runtime: Runtime, *, personal: Personal) -> None:
    """Set logs and traces of this process up; `personal` is `pii.looks_personal`.

    It is an argument because this module and pii do not know each other.
    """
    _configure_logs(runtime.log_level, personal)
    _configure_traces(runtime.otlp_endpoint, personal)


# ---- logs ------------------------------------------------------------------------------------


class _Stderr(logging.Handler):
    """Our handler, told apart from others when it is set up again; asks for stderr each time."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; a failure is told as the standard library tells it, and ends here."""
        try:
            sys.stderr.write(f"{self.format(record)}\n")
        except Exception:  # noqa: BLE001
            self.handleError(record)


def _configure_logs(level: str, personal: Personal) -> None:
    """Lead structlog and the standard library's loggers through one chain to stderr."""
    common: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        partial(refuse_personal, personal=personal),
        _with_trace,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *common,
            ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = _Stderr()
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=common,
            processors=[
                ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    _lead_libraries(handler, level)


def _lead_libraries(handler: _Stderr, level: str) -> None:
    """Have all loggers speak through our handler, at a level, and chatterers only of trouble."""
    root = logging.getLogger()
    root.handlers = [*(old for old in root.handlers if not isinstance(old, _Stderr)), handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def refuse_personal(
    logger: object, method: str, event_dict: EventDict, *, personal: Personal
) -> EventDict:
    """Replace what is or looks like personal data or a secret (a structlog processor)."""
    return {key: _shown(key, value, personal) for key, value in event_dict.items()}


def _is_refused(key: str) -> bool:
    """Say whether a key names personal data or a secret."""
    name = key.lower().replace("-", "_")
    return not name.endswith(_HARMLESS) and bool(_NAMES.search(name))


def _shown(key: str, value: object, personal: Personal) -> object:
    """Give a value as the log may show it."""
    if _is_refused(key):
        return REFUSED
    if isinstance(value, Mapping):
        return {str(name): _shown(str(name), inner, personal) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_shown("", inner, personal) for inner in value]
    return _said(value, personal)


def _said(value: object, personal: Personal) -> object:
    """Give a single value, of an unknown kind only its class."""
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, int):
        return REFUSED if personal(str(value)) else int(value)
    if isinstance(value, str | _SAID):
        text = str(value.value if isinstance(value, Enum) else value)
        return _clean(text[:_LONGEST], personal)
    return f"<{type(value).__name__}>"


def _clean(text: str, personal: Personal) -> str:
    """Replace lines that look personal, or quote a value; a traceback keeps the others."""

    def refused(said: str) -> bool:
        return personal(said) or bool(_QUOTES.search(said))

    if not refused(text):
        return text
    return "\n".join(REFUSED if refused(line) else line for line in text.split("\n"))


def _with_trace(logger: object, method: str, event_dict: EventDict) -> EventDict:
    """Add the ids of the current span."""
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event_dict["trace_id"] = trace.format_trace_id(context.trace_id)
        event_dict["span_id"] = trace.format_span_id(context.span_id)
    return event_dict


# ---- traces ----------------------------------------------------------------------------------

tracer = trace.get_tracer("xinqing")
_propagator = TraceContextTextMapPropagator()


def _configure_traces(endpoint: str | None, personal: Personal) -> None:
    """Give logs and outbox rows the ids of spans; keep and send spans if there is an endpoint."""
    if isinstance(trace.get_tracer_provider(), TracerProvider):
        return  # A process sets its provider once; OpenTelemetry refuses a second one.
    resource = Resource.create({"service.name": "xinqing"})
    # Without one nobody would read a span of ours; that who calls us keeps his is said on.
    provider = TracerProvider(None if endpoint else ParentBased(ALWAYS_OFF), resource)
    if endpoint:
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
        provider.add_span_processor(BatchSpanProcessor(ScrubbedExporter(exporter, personal)))
    trace.set_tracer_provider(provider)


class ScrubbedExporter(SpanExporter):
    """Sends spans on without query strings and without what looks personal."""

    def __init__(self, inner: SpanExporter, personal: Personal) -> None:
        self.inner, self.personal = inner, personal

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send clean copies."""
        return self.inner.export([self._copy(span) for span in spans])

    def shutdown(self) -> None:
        """End the exporter behind."""
        self.inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Have the exporter behind send what it holds."""
        return self.inner.force_flush(timeout_millis)

    def _copy(self, span: ReadableSpan) -> ReadableSpan:
        status = span.status
        if status.description:
            status = Status(status.status_code, _clean(status.description, self.personal))
        return ReadableSpan(
            name=_clean(span.name, self.personal),
            context=span.context,
            parent=span.parent,
            resource=span.resource,
            attributes=self._attributes(span.attributes),
            events=[
                Event(event.name, self._attributes(event.attributes), event.timestamp)
                for event in span.events
            ],
            links=span.links,
            kind=span.kind,
            status=status,
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )

    def _attributes(self, attributes: Mapping[str, Any] | None) -> dict[str, Any]:
        clean: dict[str, Any] = {}
        for key, value in (attributes or {}).items():
            if key in _ADDRESSES:
                clean[key] = _clean(re.sub(r"\?.*", "", str(value)), self.personal)
            elif key != "url.query":
                clean[key] = _shown(key.replace(".", "_"), value, self.personal)
        return clean


def traceparent() -> str:
    """Give the W3C header of the current span, or of a new trace where there is none."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    new = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
    return carrier.get("traceparent", new)


@contextmanager
def continued(traceparent: str | None, name: str) -> Iterator[trace.Span]:
    """Open a span that continues the trace of a header; without one, or a bad one, a new trace."""
    carrier = {"traceparent": traceparent} if traceparent else {}
    context = _propagator.extract(carrier, context=Context())
    with tracer.start_as_current_span(name, context, trace.SpanKind.CONSUMER) as span:
        yield span


# ---- metrics ---------------------------------------------------------------------------------

REGISTRY = CollectorRegistry()
CONTENT_TYPE = CONTENT_TYPE_LATEST
_SERVICE = ("service",)

OUTBOX_AGE = Gauge(
    "xinqing_outbox_age_seconds", "Age of the oldest event not yet sent.", _SERVICE,
    registry=REGISTRY,
)  # fmt: skip
OUTBOX_SENT = Counter(
    "xinqing_outbox_sent", "Events handed to the bus.", _SERVICE, registry=REGISTRY
)
INBOX_LAG = Gauge(
    "xinqing_inbox_lag_messages", "Messages of the bus not yet handled.", _SERVICE,
    registry=REGISTRY,
)  # fmt: skip
EVENTS = Counter(
    "xinqing_events", "Events received, by what became of them: handled, waiting, parked …",
    ("service", "type", "outcome"), registry=REGISTRY,
)  # fmt: skip
PARKED_KEYS = Gauge(
    "xinqing_parked_keys", "Keys whose events wait behind a parked one.", _SERVICE,
    registry=REGISTRY,
)  # fmt: skip
DATABASE_OLDER = Gauge(
    "xinqing_database_older", "1 if a database is older than what others hold, so no loop runs.",
    _SERVICE, registry=REGISTRY,
)  # fmt: skip
TIMER_LATENESS = Histogram(
    "xinqing_timer_lateness_seconds", "From a timer's due instant to its handling.",
    ("service", "kind"), registry=REGISTRY,
    buckets=(0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21600, 86400),
)  # fmt: skip
TIMER_OVERDUE = Gauge(
    "xinqing_timer_overdue_seconds", "How long the oldest armed timer has been due.", _SERVICE,
    registry=REGISTRY,
)  # fmt: skip
# People wait for hours and working days; what we add to that is seconds.
_WAITS = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21600, 86400, 259200)
EVENT_HANDLED_AFTER = Histogram(
    "xinqing_event_handled_after_seconds",
    "From the instant since which people wait for what an event tells, to its handling.",
    ("service", "type"), registry=REGISTRY, buckets=_WAITS,
)  # fmt: skip
DELIVERY_ACCEPTED_AFTER = Histogram(
    "xinqing_delivery_accepted_after_seconds",
    "From what a notice or a message tells of, to its acceptance by a receiver.",
    ("service", "channel"), registry=REGISTRY, buckets=_WAITS,
)  # fmt: skip
DELIVERIES_DUE = Gauge(
    "xinqing_deliveries_due", "Deliveries that are due and not accepted yet.",
    ("service", "channel"), registry=REGISTRY,
)  # fmt: skip
CHANNEL_UP = Gauge("xinqing_channel_up", "1 if a channel's provider takes what is sent to it.",
                   ("service", "channel"), registry=REGISTRY)  # fmt: skip
OPEN_ITEMS = Gauge(
    "xinqing_open_items", "Open watch items.", ("service", "kind", "level", "area"),
    registry=REGISTRY,
)  # fmt: skip
SUPERVISED_PROJECTS = Gauge(
    "xinqing_supervised_projects",
    "Supervised projects in progress, by how they stand with their transfers: none, short, full.",
    ("service", "area", "unit", "standing"), registry=REGISTRY,
)  # fmt: skip
DELIVERIES = Counter(
    "xinqing_deliveries", "Attempts to reach a recipient or subscriber, by outcome.",
    ("service", "outcome"), registry=REGISTRY,
)  # fmt: skip
CANARY_AGE = Gauge("xinqing_canary_age_seconds", "Since the canary that came back last set out.",
                   _SERVICE, registry=REGISTRY)  # fmt: skip
CANARY_LATE = Gauge("xinqing_canary_late", "1 while no canary is back in time.",
                    _SERVICE, registry=REGISTRY)  # fmt: skip
CANARY_PASSED = Gauge("xinqing_canary_passed_timestamp_seconds", "When a canary passed here last.",
                      ("service", "stage"), registry=REGISTRY)  # fmt: skip
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
REQUESTS = Counter(
    "xinqing_requests", "Requests answered, by route and status.",
    ("service", "method", "route", "status"), registry=REGISTRY,
)  # fmt: skip
LOOP_FAILURES = Counter(
    "xinqing_loop_failures", "Loops of the process that failed and were started again.",
    ("loop",), registry=REGISTRY,
)  # fmt: skip


def show(gauge: Gauge, values: Mapping[tuple[str, ...], float]) -> None:
    """Let a gauge say this and no more: what it said of other labels is over."""
    gauge.clear()
    for labels, value in values.items():
        gauge.labels(*labels).set(value)


def exposition() -> bytes:
    """Give all metrics in Prometheus' text format (`CONTENT_TYPE`)."""
    return generate_latest(REGISTRY)


class CountedRequests:
    """Counts a service's requests by route, not by path: a path holds ids."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self.app, self.service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, and count when the answer begins, or would have begun."""
        answered = False

        def count(status: int) -> None:
            nonlocal answered
            answered = True
            route = getattr(scope.get("route"), "path", "")
            # A stranger may invent methods, and each would be counted for ever.
            method = scope["method"] if scope["method"] in METHODS else "other"
            REQUESTS.labels(self.service, method, route, status).inc()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                count(message["status"])
            await send(message)

        try:
            await self.app(scope, receive, counted)
        except Exception:
            # It is answered further out, as a failure that nobody expected.
            if scope["type"] == "http" and not answered:
                count(HTTPStatus.INTERNAL_SERVER_ERROR)
            raise
