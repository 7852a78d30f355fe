"""What runs an installation, read as code: image, compose, Kubernetes, rules, dashboards."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from httpx import ASGITransport, AsyncClient
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.parser import text_string_to_metric_families

from shared import pii, telemetry
from shared.app import create_app
from shared.config import Runtime
from tests.contracts.test_docs import _anchors, settings
from tests.fixtures.database import Databases, load, names

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "k8s"
RULES = DEPLOY / "observability" / "rules"
RULE_TESTS = DEPLOY / "observability" / "tests"
DASHBOARDS = sorted((DEPLOY / "observability" / "dashboards").glob("*.json"))
OVERLAYS = sorted(path.name for path in (KUBERNETES / "overlays").iterdir())
# What Prometheus adds to each sample by itself.
OF_PROMETHEUS = {"job", "instance", "le"}
SECRET = re.compile(r"PASSWORD|PII_KEYS|SECRET")


def documents(path: Path) -> list[Any]:
    """Give what a YAML file holds."""
    return [one for one in yaml.safe_load_all(path.read_text("utf-8")) if one is not None]


# ---- image -----------------------------------------------------------------------------------

DOCKERFILE = (DEPLOY / "Dockerfile").read_text("utf-8")


def _last_stage() -> str:
    return DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]


def test_the_image_is_not_root_and_says_whether_it_lives() -> None:
    users = re.findall(r"^USER (\S+)$", _last_stage(), re.MULTILINE)
    assert users
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1]), "a number, and not that of root"
    health = re.search(r"^HEALTHCHECK .*\\\n +CMD (\[.*\])$", _last_stage(), re.MULTILINE)
    assert health
    assert "http://127.0.0.1:8000/healthz" in json.loads(health[1])[-1]


def test_the_image_is_installed_from_the_lock_by_hash_and_without_test_tools() -> None:
    assert DOCKERFILE.count("--require-hashes") == 2
    assert "-c requirements.lock -r pyproject.toml" in DOCKERFILE
    assert "--group" not in DOCKERFILE
    assert "--extra" not in DOCKERFILE
    copied = re.findall(r"^COPY (?:--\S+ )?(.*) \S+$", DOCKERFILE, re.MULTILINE)
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    wanted = {word for words in copied for word in words.split() if not word.startswith("/")}
    assert {f"!{word}" for word in wanted} <= set(ignored), "the builder gets what it copies"


# ---- compose ---------------------------------------------------------------------------------

COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text("utf-8")
COMPOSE: Any = yaml.safe_load(COMPOSE_TEXT)
ONCE = {"setup", "token"}


def env_file(path: Path) -> dict[str, str]:
    lines = path.read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def required() -> dict[str, str]:
    """Give the variables without which compose starts nothing, and what it says then."""
    return dict(re.findall(r"\$\{(\w+):\?([^}]*)\}", COMPOSE_TEXT))


def test_compose_has_all_services_and_looks_after_them() -> None:
    services = COMPOSE["services"]
    assert {"kafka", "postgres", "setup", *names()} <= services.keys()
    for name in ("kafka", "postgres", *names()):
        assert services[name]["healthcheck"]["test"], name
    for name in names():
        assert services[name]["command"][:2] == ["serve", name]
        assert services[name]["depends_on"] == {
            "setup": {"condition": "service_completed_successfully"},
            "kafka": {"condition": "service_healthy"},
            "postgres": {"condition": "service_healthy"},
        }
        own = f"{name.upper()}_DATABASE_URL"
        urls = [key for key in services[name]["environment"] if key.endswith("DATABASE_URL")]
        assert urls == [own], "no service knows another one's database"
        assert services[name]["read_only"], name


def test_compose_names_images_by_version() -> None:
    images = [one["image"] for name, one in COMPOSE["services"].items()]
    strange = [
        image for image in images if not re.fullmatch(r"[\w./-]+:v?\d+\.\d[\w.-]*", image)
        and image != "xinqing:${XINQING_VERSION:-0.1.0}"
    ]  # fmt: skip
    assert strange == []


def test_compose_holds_no_secret() -> None:
    for name, service in COMPOSE["services"].items():
        for key, value in (service.get("environment") or {}).items():
            if SECRET.search(key):
                assert re.fullmatch(r"\$\{\w+(:\?[^}]+|-)\}", value), f"{name}: {key}"
            if "://" in str(value) and "@" in str(value):
                assert re.search(r"://\w+:\$\{\w+\}@", value), f"{name}: {key}"


def test_compose_refuses_in_words_where_a_secret_is_missing_and_the_demo_brings_its_own() -> None:
    demo = env_file(DEPLOY / "demo.env")
    asked = required()
    databases = {f"{name.upper()}_DATABASE_PASSWORD" for name in names()}
    assert asked.keys() == {"PII_KEYS", "POSTGRES_PASSWORD", *databases}
    for variable, words in asked.items():
        assert words.startswith(f"set {variable}")
        assert "--env-file deploy/demo.env" in words
    assert demo.keys() >= asked.keys()
    secrets = [value for key, value in demo.items() if SECRET.search(key)]
    assert all(value.startswith("demo-only") for value in secrets), "marked as what they are"
    assert demo["COMPOSE_PROFILES"] == "demo"


def test_the_demo_s_values_are_settings_that_a_process_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in env_file(DEPLOY / "demo.env").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("KAFKA_BROKERS", "kafka:9092")
    runtime = Runtime()
    assert runtime.allow_own_tokens
    ring = pii.Keyring.of(runtime)
    assert ring.open(ring.seal("138")) == b"138"


def settings_of_compose() -> set[str]:
    return {
        key
        for name in ("setup", "token", *names())
        for key in COMPOSE["services"][name]["environment"]
    }


def settings_of_kubernetes() -> set[str]:
    containers = [
        one["spec"]["template"]["spec"]["containers"][0]
        for path in (KUBERNETES / "service/deployment.yaml", KUBERNETES / "base/setup.yaml")
        for one in documents(path)
    ]
    given = {one["name"] for container in containers for one in container["env"]}
    for path in KUBERNETES.rglob("kustomization.yaml"):
        for one in documents(path)[0].get("configMapGenerator", ()):
            given |= {literal.partition("=")[0] for literal in one["literals"]}
        named = re.compile(r"name: (\w+_DATABASE_URL|ALERTS_\w+)$", re.MULTILINE)
        given |= set(named.findall(path.read_text("utf-8")))
    return given


def test_what_is_set_is_a_setting() -> None:
    known = {name for name, _ in settings()}
    assert settings_of_compose() <= known
    assert settings_of_kubernetes() <= known


# ---- Kubernetes ------------------------------------------------------------------------------


def workloads(found: list[Any]) -> Iterator[Any]:
    return (one for one in found if one.get("kind") in {"Deployment", "Job"})


def assert_walled(workload: Any) -> None:  # noqa: ANN401  a document of Kubernetes
    name, pod = workload["metadata"]["name"], workload["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"], name
    assert pod["securityContext"]["runAsUser"] > 0, name
    assert pod["automountServiceAccountToken"] is False, name
    for container in pod["containers"]:
        walls = container["securityContext"]
        assert walls["readOnlyRootFilesystem"], name
        assert walls["allowPrivilegeEscalation"] is False, name
        assert walls["capabilities"] == {"drop": ["ALL"]}, name
        assert container["resources"]["requests"], name
        assert container["resources"]["limits"]["memory"], name
        if workload["kind"] == "Deployment":
            assert container["readinessProbe"]["httpGet"]["path"] == "/readyz", name
            assert container["livenessProbe"]["httpGet"]["path"] == "/healthz", name


def test_every_manifest_can_be_read_and_every_workload_is_walled_in() -> None:
    found = [one for path in sorted(KUBERNETES.rglob("*.yaml")) for one in documents(path)]
    assert all("kind" in one or "resources" in one for one in found)
    assert {one["metadata"]["name"] for one in workloads(found)} == {"service", "setup"}
    for workload in workloads(found):
        assert_walled(workload)
    assert [one for one in found if one.get("kind") == "Secret"] == []


def test_old_and_new_replicas_stand_side_by_side() -> None:
    (deployment,) = documents(KUBERNETES / "service" / "deployment.yaml")
    assert deployment["spec"]["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
    }


def test_the_gateway_leads_to_each_service_by_its_prefix_and_nowhere_else() -> None:
    (ingress,) = documents(KUBERNETES / "base" / "ingress.yaml")
    (rule,) = ingress["spec"]["rules"]
    paths = {one["path"]: one["backend"]["service"]["name"] for one in rule["http"]["paths"]}
    assert paths == {f"/{name}": name for name in names()}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_gives_four_services_with_their_own_databases(overlay: str) -> None:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl not found: overlays not built")
    built = subprocess.run(
        [kubectl, "kustomize", str(KUBERNETES / "overlays" / overlay)],
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    found = list(yaml.safe_load_all(built.stdout))
    deployments = {one["metadata"]["name"]: one for one in workloads(found)}
    assert deployments.keys() == {"setup", *names()}
    kept = {one["metadata"]["name"] for one in found if one["kind"] == "PodDisruptionBudget"}
    several = {n for n, one in deployments.items() if one["spec"].get("replicas", 1) > 1}
    assert kept == several, "what has several replicas keeps some of them"
    for name in names():
        deployment = deployments[name]
        assert_walled(deployment)
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        assert container["args"][:2] == ["serve", name]
        urls = [one["name"] for one in container["env"] if one["name"].endswith("_DATABASE_URL")]
        assert urls == [f"{name.upper()}_DATABASE_URL"]
        (service,) = [
            one for one in found if one["kind"] == "Service" and one["metadata"]["name"] == name
        ]
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        assert service["spec"]["selector"].items() <= labels.items()


# ---- alert rules and dashboards --------------------------------------------------------------


def rules() -> list[Any]:
    return [
        rule
        for path in sorted(RULES.glob("*.yaml"))
        for group in documents(path)[0]["groups"]
        for rule in group["rules"]
    ]


def expressions() -> Mapping[str, str]:
    """Give every expression of the rules and the dashboards, by where it stands."""
    found = {f"rule {rule['alert']}": rule["expr"] for rule in rules()}
    for path in DASHBOARDS:
        board = json.loads(path.read_text("utf-8"))
        for panel in board["panels"]:
            for target in panel.get("targets", ()):
                found[f"{path.name}: {panel['title']} {target['refId']}"] = target["expr"]
        for variable in board["templating"]["list"]:
            found[f"{path.name}: ${variable['name']}"] = variable["definition"]
    return found


def test_every_rule_leads_to_its_section_of_the_handbook() -> None:
    handbook = _anchors(ROOT / "docs" / "operations" / "alerts.md")
    for rule in rules():
        page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
        assert page == "docs/operations/alerts.md", rule["alert"]
        assert anchor == rule["alert"].lower(), rule["alert"]
        assert anchor in handbook, rule["alert"]
        assert rule["annotations"]["summary"], rule["alert"]
        assert rule["labels"]["severity"] in {"page", "ticket"}, rule["alert"]


def test_every_rule_is_seen_firing() -> None:
    firing = {
        alert["alertname"]
        for path in RULE_TESTS.glob("*.yaml")
        for test in documents(path)[0]["tests"]
        for alert in test["alert_rule_test"]
        if alert["exp_alerts"]
    }
    assert firing == {rule["alert"] for rule in rules()}


def test_dashboards_are_told_apart_and_lie_on_no_other_panel() -> None:
    boards = [json.loads(path.read_text("utf-8")) for path in DASHBOARDS]
    uids = [board["uid"] for board in boards]
    assert len(boards) == len(set(uids)) == 2
    for board in boards:
        ids = [panel["id"] for panel in board["panels"]]
        assert len(ids) == len(set(ids))
        taken: set[tuple[int, int]] = set()
        for panel in board["panels"]:
            at = panel["gridPos"]
            cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
            assert not cells & taken, panel["title"]
            assert max(x for x, _ in cells) < 24, panel["title"]
            taken |= cells


@pytest.fixture
async def exported(
    databases: Databases, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> set[str]:
    """Give the names of all samples that a process with all services tells at /metrics."""
    for name, url in (await databases.clones()).items():
        monkeypatch.setenv(f"{name.upper()}_DATABASE_URL", url)
    app = create_app([load(name) for name in names()], runtime)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://tests") as client:
        text = (await client.get("/metrics")).text
    for one in app.state.running:
        await one.sessions.close()
    suffixes = {"histogram": ("_bucket", "_count", "_sum"), "counter": ("_total",)}
    return {
        family.name + suffix
        for family in text_string_to_metric_families(text)
        for suffix in suffixes.get(family.type, ("",))
    }


async def test_every_metric_that_is_looked_at_is_exported(exported: set[str]) -> None:
    unknown = {
        place: wanted - exported
        for place, expression in expressions().items()
        if (wanted := set(re.findall(r"\bxinqing_\w+", expression))) - exported
    }
    assert unknown == {}


def labels_of(sample: str) -> set[str]:
    """Give the labels of a sample's metric, as it is declared."""
    name = re.sub(r"_(?:bucket|count|sum|total)$", "", sample)
    metrics = [one for one in vars(telemetry).values() if isinstance(one, MetricWrapperBase)]
    declared = {one._name: one._labelnames for one in metrics}  # noqa: SLF001  it tells them nowhere else
    return {*declared[name if name in declared else sample], *OF_PROMETHEUS}


def test_every_label_that_is_asked_for_is_there() -> None:
    for place, expression in expressions().items():
        for sample, selector in re.findall(r"\b(xinqing_\w+)(?:\{([^}]*)\})?", expression):
            asked = set(re.findall(r"(\w+) ?(?:=~|!~|!=|=)", selector))
            assert asked <= labels_of(sample), place
        samples = re.findall(r"\bxinqing_\w+", expression)
        known = set().union(*(labels_of(sample) for sample in samples)) | OF_PROMETHEUS
        for grouped in re.findall(r"\bby \(([^)]*)\)", expression):
            assert {label.strip() for label in grouped.split(",")} <= known, place
