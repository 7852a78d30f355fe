"""No personal data in logs and traces; traces go on over the bus; metrics are there."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from logging import getLogger  # noqa: TID251 -- what libraries log is under test
from pathlib import Path
from threading import Thread
from uuid import UUID

import pytest
import structlog
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import BaseModel

from shared import pii, telemetry

ROOT = Path(__file__).parents[2]
ID = UUID("018f4f1e-1384-7123-8123-138123456789")


Line = Callable[[], dict[str, object]]


@pytest.fixture
def line(capsys: pytest.CaptureFixture[str]) -> Iterator[Line]:
    """Logs as a process has them; gives the one line that was written."""
    root, quiet = getLogger(), [getLogger(name) for name in telemetry._QUIET]  # noqa: SLF001
    before, level, levels = list(root.handlers), root.level, [one.level for one in quiet]
    configured = structlog.get_config()
    telemetry._configure_logs("INFO", pii.looks_personal)  # noqa: SLF001
    yield lambda: json.loads(capsys.readouterr().err)
    root.handlers, root.level = before, level
    for one, old in zip(quiet, levels, strict=True):
        one.setLevel(old)
    structlog.reset_defaults()
    structlog.configure(**configured)


def test_a_log_line_is_json_with_level_time_and_logger(line: Line) -> None:
    structlog.get_logger("shared.outbox").info(
        "sent", events=3, sheet_id=ID, day=date(2026, 2, 14), share=Decimal("2.5"), late=0.25
    )
    shown = line()
    at = shown.pop("at")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", str(at))
    assert shown == {
        "event": "sent", "level": "info", "logger": "shared.outbox", "events": 3,
        "sheet_id": str(ID), "day": "2026-02-14", "share": "2.5", "late": 0.25,
    }  # fmt: skip


@pytest.mark.parametrize(
    "key",
    ["phone", "mobile", "contact_phone", "mail", "email", "Mail-Address", "card", "bank_card",
     "id_number", "account_no", "worker_name", "person_name", "counterparty", "token",
     "access_token", "secret", "authorization", "Authorization", "password", "api_key",
     "set_cookie", "pii_keys"],
)  # fmt: skip
def test_keys_of_personal_data_and_secrets_are_refused(key: str, line: Line) -> None:
    structlog.get_logger().warning("x", **{key: "value"}, inner={key: ["value"]})
    shown = line()
    assert shown[key] == "[refused]"
    assert shown["inner"] == {key: "[refused]"}


@pytest.mark.parametrize("key", ["job", "name", "card_id", "token_count", "email_id", "cardinal"])
def test_harmless_keys_are_not(key: str, line: Line) -> None:
    structlog.get_logger().warning("x", **{key: "value"})
    assert line()[key] == "value"


def test_values_that_look_personal_are_refused(line: Line) -> None:
    class Row:
        def __repr__(self) -> str:
            return "张三 13812345678"

    structlog.get_logger().info(
        "请拨打13812345678", reason="card 4111111111111111", number=13812345678, row=Row(),
        rows=[{"x": "11010519491231002X"}, (1, "fine")], raw=b"13812345678", on=True, none=None,
    )  # fmt: skip
    shown = line()
    assert shown["event"] == shown["reason"] == shown["number"] == "[refused]"
    assert shown["rows"] == [{"x": "[refused]"}, [1, "fine"]]
    assert (shown["row"], shown["raw"], shown["on"], shown["none"]) == (
        "<Row>",
        "<bytes>",
        True,
        None,
    )


def test_a_traceback_loses_only_its_personal_lines(line: Line) -> None:
    try:
        int("13812345678 workers")
    except ValueError:
        structlog.get_logger().exception("failed")
    text = str(line()["exception"])
    assert "test_telemetry.py" in text
    assert "13812345678" not in text


class Worker(BaseModel):
    """What refuses a name that stands where a number belongs."""

    age: int


def _break_a_contract(name: str) -> None:
    Worker.model_validate({"age": name})


def _break_a_key(name: str) -> None:
    raise RuntimeError(f"duplicate key\nDETAIL:  Key (name)=({name}) already exists.")


@pytest.mark.parametrize("fail", [_break_a_contract, _break_a_key])
def test_a_traceback_quotes_no_row_or_value_that_was_refused(
    fail: Callable[[str], None], line: Line
) -> None:
    try:
        fail("张" + "三")
    except (ValueError, RuntimeError):
        structlog.get_logger().exception("failed")
    text = str(line()["exception"])
    assert "test_telemetry.py" in text
    assert "张三" not in text


def test_what_libraries_log_goes_the_same_way(line: Line) -> None:
    getLogger("uvicorn.error").warning("caller %s is gone", "13812345678")
    shown = line()
    assert (shown["event"], shown["level"], shown["logger"]) == (
        "[refused]",
        "warning",
        "uvicorn.error",
    )
    getLogger("uvicorn.access").info('GET /x?token=secret HTTP/1.1" 200')
    getLogger("httpx").info("HTTP Request: POST https://hooks.example/?key=secret")
    structlog.get_logger("quiet").debug("below the level")
    structlog.get_logger("loud").info("the only one")
    assert line()["event"] == "the only one"


def test_bound_context_is_logged_and_checked(line: Line) -> None:
    with structlog.contextvars.bound_contextvars(service="payroll", phone="13812345678"):
        structlog.get_logger().info("x")
    shown = line()
    assert (shown["service"], shown["phone"]) == ("payroll", "[refused]")


def test_a_trace_goes_on_over_the_bus() -> None:
    header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with telemetry.continued(header, "handle x"):
        assert telemetry.traceparent().split("-")[1] == header.split("-")[1]


@pytest.mark.parametrize("header", [None, "", "rubbish", "00-0-0-00"])
def test_without_a_good_header_a_new_trace_begins(header: str | None) -> None:
    form = r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]"
    with telemetry.continued(header, "handle x"):
        assert re.fullmatch(form, telemetry.traceparent())
    assert telemetry.traceparent() != telemetry.traceparent()


def test_spans_leave_without_queries_and_personal_data() -> None:
    kept = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    exporter = telemetry.ScrubbedExporter(kept, pii.looks_personal)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with suppress(LookupError), provider.get_tracer("x").start_as_current_span(
        "GET /workers",
        attributes={"url.query": "phone=13812345678", "url.full": "https://a.example/b?c=d",
                    "url.path": "/workers/13812345678", "http.request.method": "GET", "n": 3},
    ):  # fmt: skip
        raise LookupError("no worker 13812345678")
    (span,) = kept.get_finished_spans()
    assert dict(span.attributes or {}) == {
        "url.full": "https://a.example/b", "url.path": "[refused]",
        "http.request.method": "GET", "n": 3,
    }  # fmt: skip
    assert "13812345678" not in span.to_json()
    assert span.status.status_code is trace.StatusCode.ERROR
    assert exporter.force_flush()
    provider.shutdown()


SCRIPT = """
import structlog, sys
from pydantic_core import Url
from shared import pii, telemetry
from shared.config import Runtime
for _ in range(2):
    telemetry.configure(Runtime(otlp_endpoint=sys.argv[1]), personal=pii.looks_personal)
with telemetry.tracer.start_as_current_span("GET /x", attributes={"url.query": "a=private"}):
    structlog.get_logger().info("inside", header=telemetry.traceparent())
"""


class _Collector(BaseHTTPRequestHandler):
    """Takes traces in the place of an OpenTelemetry collector."""

    taken: list[tuple[str, bytes]] = []

    def do_POST(self) -> None:
        self.taken.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def test_a_configured_process_sends_its_traces_and_logs_their_ids() -> None:
    server = HTTPServer(("127.0.0.1", 0), _Collector)
    Thread(target=server.serve_forever, daemon=True).start()
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, f"http://127.0.0.1:{server.server_port}/"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    server.shutdown()
    server.server_close()
    shown = json.loads(done.stderr)
    assert shown["header"].startswith(f"00-{shown['trace_id']}-{shown['span_id']}-")
    ((path, body),) = _Collector.taken
    assert path == "/v1/traces"
    assert b"GET /x" in body
    assert bytes.fromhex(shown["trace_id"]) in body
    assert b"private" not in body


UNREAD = """
import json
from opentelemetry import trace
from shared import pii, telemetry
from shared.config import Runtime
telemetry.configure(Runtime(otlp_endpoint=None), personal=pii.looks_personal)
def told():
    span = trace.get_current_span()
    return [span.is_recording(), telemetry.traceparent()]
with telemetry.tracer.start_as_current_span("GET /x"):
    own = told()
with telemetry.continued("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "handle x"):
    print(json.dumps([own, told()]))
"""


def test_a_process_that_sends_no_traces_keeps_no_span_and_has_ids_all_the_same() -> None:
    done = subprocess.run(
        [sys.executable, "-c", UNREAD], cwd=ROOT, capture_output=True, text=True, check=True
    )
    (records, own), (_, callers) = json.loads(done.stdout)
    assert not records
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[02]", own)
    # Who called may keep his: what we call in turn hears that he does.
    assert re.fullmatch(r"00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-0[13]", callers)


def test_metrics_are_declared_once_and_shown() -> None:
    telemetry.EVENTS.labels("cases", "payroll.transfer_missed.v1", "handled").inc()
    telemetry.OUTBOX_AGE.labels("payroll").set(1.5)
    telemetry.TIMER_LATENESS.labels("cases", "level").observe(2)
    text = telemetry.exposition().decode()
    assert 'xinqing_outbox_age_seconds{service="payroll"} 1.5' in text
    assert 'xinqing_events_total{outcome="handled",service="cases"' in text
    for name in ("inbox_lag_messages", "parked_keys", "timer_lateness_seconds", "deliveries_total",
                 "outbox_sent_total", "loop_failures_total"):  # fmt: skip
        assert f"# TYPE xinqing_{name.removesuffix('_total')}" in text


async def test_a_request_that_breaks_is_counted_too() -> None:
    async def broken(scope: object, receive: object, send: object) -> None:
        raise RuntimeError

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    said = {"service": "house", "method": "GET", "route": "", "status": "500"}
    before = telemetry.REGISTRY.get_sample_value("xinqing_requests_total", said) or 0
    with pytest.raises(RuntimeError):
        await telemetry.CountedRequests(broken, "house")(scope, None, None)  # type: ignore[arg-type]
    assert telemetry.REGISTRY.get_sample_value("xinqing_requests_total", said) == before + 1
