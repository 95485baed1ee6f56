from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.management.objects.pod import content_mark, pod_template
from gateway.management.objects.policy import Policy
from shared.service.model import Environment, Expose, Service, Volume

TOKEN = "ab" * 32


def container(service: Service, **expose: Any) -> dict[str, Any]:
    assert service.expose is not None
    template = pod_template(service, replace(service.expose, **expose), TOKEN)
    only: list[dict[str, Any]] = template["spec"]["containers"]
    assert len(only) == 1
    return only[0]


def test_the_pod_is_labelled_and_has_no_rights_in_the_cluster(service: Service) -> None:
    assert service.expose is not None
    template = pod_template(service, service.expose, TOKEN)
    assert template["metadata"]["labels"] == {
        "app": "oscar-svc-exp-ocr",
        "oscar_service": "ocr",
        "oscar.grycap/user-service": "true",
    }
    assert template["spec"]["automountServiceAccountToken"] is False
    assert template["spec"]["enableServiceLinks"] is False
    assert "imagePullSecrets" not in template["spec"]


def test_the_script_is_mounted_alone_and_run(service: Service) -> None:
    assert service.expose is not None
    spec = pod_template(service, service.expose, TOKEN)["spec"]
    only = container(service)
    assert only["command"] == ["/bin/sh", "/oscar/config/script.sh"]
    assert only["volumeMounts"] == [{"name": "oscar-config", "mountPath": "/oscar/config"}]
    source = spec["volumes"][0]["configMap"]
    assert source["name"] == "ocr"
    assert source["items"] == [{"key": "script.sh", "path": "script.sh"}]


def test_the_images_own_command_runs_when_asked(service: Service) -> None:
    assert "command" not in container(service, default_command=True)


def test_requests_equal_limits(service: Service) -> None:
    amounts = {"cpu": "500m", "memory": "1Gi"}
    assert container(service)["resources"] == {"requests": amounts, "limits": amounts}


def test_a_gpu_is_asked_for(service: Service) -> None:
    limits = container(replace(service, extra={"enable_gpu": True}))["resources"]["limits"]
    assert limits["nvidia.com/gpu"] == "1"


def test_the_environment_is_the_users_then_ours_and_no_name_comes_twice(service: Service) -> None:
    env = container(service)["env"]
    assert env == [
        {"name": "MODE", "value": "fast"},
        {"name": "OSCAR_SERVICE_NAME", "value": "ocr"},
        {
            "name": "OSCAR_SERVICE_TOKEN",
            "valueFrom": {"secretKeyRef": {"name": "ocr-token", "key": "token"}},
        },
        {"name": "OSCAR_SERVICE_BASE_PATH", "value": "/system/services/ocr/exposed"},
    ]


def test_the_token_itself_stands_nowhere(service: Service) -> None:
    assert service.expose is not None
    assert TOKEN not in repr(pod_template(service, service.expose, TOKEN))


@pytest.mark.parametrize(
    ("value", "written"), [("a$(HOME)b", "a$$(HOME)b"), ("pa$$word", "pa$$$$word"), ("x", "x")]
)
def test_values_mean_what_they_say(service: Service, value: str, written: str) -> None:
    changed = replace(service, environment=Environment(variables={"V": value}))
    assert container(changed)["env"][0] == {"name": "V", "value": written}


def test_secrets_come_from_their_secret(service: Service) -> None:
    assert "envFrom" not in container(service)
    changed = replace(service, environment=Environment(secrets={"KEY": "s3cret"}))
    assert container(changed)["envFrom"] == [{"secretRef": {"name": "ocr-env"}}]
    assert "s3cret" not in repr(container(changed))


@pytest.mark.parametrize(
    ("expose", "path"),
    [
        ({}, "/"),
        ({"health_path": "/ready"}, "/ready"),
        ({"rewrite_target": True, "health_path": "/ready"}, "/system/services/ocr/exposed/ready"),
        ({"rewrite_target": True}, "/system/services/ocr/exposed/"),
        ({"rewrite_target": True, "probe_mode": "direct"}, "/"),
    ],
)
def test_probes_ask_where_the_application_answers(
    service: Service, expose: dict[str, Any], path: str
) -> None:
    only = container(service, **expose)
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert only[probe]["httpGet"] == {"path": path, "port": "podport-0", "scheme": "HTTP"}


@pytest.mark.parametrize("protocol", ["h2c", "grpc"])
def test_pods_of_http2_are_asked_whether_they_listen(service: Service, protocol: str) -> None:
    only = container(service, protocol=protocol)
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert only[probe]["tcpSocket"] == {"port": "podport-0"}
        assert "httpGet" not in only[probe]


@pytest.mark.parametrize(("expose", "seconds"), [({}, 600), ({"startup_timeout": 240}, 240)])
def test_a_start_may_take_its_time_and_is_seen_within_a_second(
    service: Service, expose: dict[str, Any], seconds: int
) -> None:
    startup = container(service, **expose)["startupProbe"]
    assert startup["periodSeconds"] == 1
    assert startup["periodSeconds"] * startup["failureThreshold"] == seconds


def test_ports_are_named_in_order(service: Service) -> None:
    assert container(service)["ports"] == [
        {"name": "podport-0", "containerPort": 5000, "protocol": "TCP"},
        {"name": "podport-1", "containerPort": 5001, "protocol": "TCP"},
    ]


def test_pull_secrets_are_named(service: Service) -> None:
    assert service.expose is not None
    changed = replace(service, image_pull_secrets=("registry",))
    spec = pod_template(changed, service.expose, TOKEN)["spec"]
    assert spec["imagePullSecrets"] == [{"name": "registry"}]


def test_new_content_changes_the_template_and_new_scale_does_not(service: Service) -> None:
    assert service.expose is not None
    before = pod_template(service, service.expose, TOKEN)
    wider = replace(service.expose, max_scale=9, cpu_threshold=30)
    assert pod_template(replace(service, expose=wider), wider, TOKEN) == before
    assert pod_template(replace(service, script="other"), service.expose, TOKEN) != before
    secret = replace(service, environment=Environment(secrets={"K": "1"}))
    other = replace(service, environment=Environment(secrets={"K": "2"}))
    assert content_mark(secret, TOKEN) != content_mark(other, TOKEN)


def test_the_mark_of_the_content_tells_nothing_without_the_token(service: Service) -> None:
    assert content_mark(service, TOKEN) != content_mark(service, "cd" * 32)


def test_an_expose_with_one_port() -> None:
    service = Service("a", "i", "s", expose=Expose(api_port=(80,)))
    assert len(container(service)["ports"]) == 1


def test_a_volume_is_mounted_by_its_claim(service: Service) -> None:
    assert service.expose is not None
    stored = replace(service, volume=Volume("/data", "notes", "1Gi"))
    spec = pod_template(stored, service.expose, TOKEN)["spec"]
    claimed = {"name": "service-volume", "persistentVolumeClaim": {"claimName": "notes"}}
    assert claimed in spec["volumes"]
    assert container(stored)["volumeMounts"][-1] == {"name": "service-volume", "mountPath": "/data"}
    assert "affinity" not in spec


def test_pods_stay_where_their_volume_is_if_one_node_alone_mounts_it(service: Service) -> None:
    assert service.expose is not None
    once = Policy(access_mode="ReadWriteOnce")
    stored = replace(service, volume=Volume("/data", "notes", "1Gi"))
    affinity = pod_template(stored, service.expose, TOKEN, once)["spec"]["affinity"]
    (term,) = affinity["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert term["labelSelector"] == {"matchLabels": {"app": "oscar-svc-exp-ocr"}}
    assert term["topologyKey"] == "kubernetes.io/hostname"
    assert "affinity" not in pod_template(service, service.expose, TOKEN, once)["spec"]


def test_scratch_space_is_requested_and_not_limited(service: Service) -> None:
    resources = container(replace(service, extra={"ephemeral_storage_request": "2Gi"}))["resources"]
    assert resources["requests"]["ephemeral-storage"] == "2Gi"
    assert "ephemeral-storage" not in resources["limits"]
