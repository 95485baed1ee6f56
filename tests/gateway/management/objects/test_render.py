from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from typing import Any

import pytest

from gateway.management.objects import render
from shared.service import fdl
from shared.service.model import Environment, Expose, Service

TOKEN = "ab" * 32
OWNER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "ocr", "uid": "u-1"}


def rendered(service: Service) -> dict[tuple[str, str], dict[str, Any]]:
    objects = render.dependents(service, TOKEN, "u-1")
    return {(one["kind"], one["metadata"]["name"]): one for one in objects}


def test_the_configmap_carries_definition_script_and_digest(service: Service) -> None:
    root = render.configmap(service, TOKEN)
    assert root["metadata"] == {
        "name": "ocr",
        "labels": {"oscar_service": "ocr"},
    }
    data = root["data"]
    assert data["script.sh"] == service.script
    assert data["token_sha256"] == hashlib.sha256(TOKEN.encode()).hexdigest()
    read = fdl.load_definition(data["function_config.yaml"])
    assert replace(read, script=service.script) == service
    assert TOKEN not in repr(root)


def test_what_is_secret_is_not_in_the_configmap(service: Service) -> None:
    secret = replace(service, environment=Environment(secrets={"KEY": "s3cret"}))
    assert "s3cret" not in repr(render.configmap(secret, TOKEN))


def test_all_objects_belong_to_the_configmap_and_carry_the_label(service: Service) -> None:
    objects = rendered(service)
    assert list(objects) == [
        ("Secret", "ocr-token"),
        ("Service", "ocr-svc"),
        ("Deployment", "ocr-dlp"),
    ]
    for obj in objects.values():
        assert obj["metadata"]["ownerReferences"] == [OWNER]
        assert obj["metadata"]["labels"] == {"oscar_service": "ocr"}
        assert "namespace" not in obj["metadata"]  # the call says where


def test_the_secret_holds_the_token(service: Service) -> None:
    data = rendered(service)["Secret", "ocr-token"]["data"]
    assert base64.b64decode(data["token"]).decode() == TOKEN


def test_secrets_of_the_environment_have_their_own_object(service: Service) -> None:
    secret = replace(service, environment=Environment(secrets={"KEY": "s3crét"}))
    data = rendered(secret)["Secret", "ocr-env"]["data"]
    assert base64.b64decode(data["KEY"]).decode() == "s3crét"


def test_no_secret_of_one_service_is_named_like_one_of_another(service: Service) -> None:
    other = replace(service, name="ocr-token", environment=Environment(secrets={"KEY": "x"}))
    assert not set(rendered(service)) & set(rendered(other))


def test_the_service_leads_from_80_up_to_the_api_ports(service: Service) -> None:
    spec = rendered(service)["Service", "ocr-svc"]["spec"]
    assert spec["type"] == "ClusterIP"
    assert spec["selector"] == {"app": "oscar-svc-exp-ocr"}
    assert spec["ports"] == [
        {"name": "serviceport-0", "port": 80, "targetPort": 5000, "protocol": "TCP"},
        {"name": "serviceport-1", "port": 81, "targetPort": 5001, "protocol": "TCP"},
    ]


def test_the_first_port_says_that_it_speaks_http2(service: Service) -> None:
    expose = Expose(api_port=(5000, 5001), protocol="grpc")
    spec = rendered(replace(service, expose=expose))["Service", "ocr-svc"]["spec"]
    assert [port.get("appProtocol") for port in spec["ports"]] == ["kubernetes.io/h2c", None]


def test_node_ports_are_given_or_left_to_kubernetes(service: Service) -> None:
    expose = Expose(api_port=(5000, 5001), node_port=(30500, 0))
    spec = rendered(replace(service, expose=expose))["Service", "ocr-svc"]["spec"]
    assert spec["type"] == "NodePort"
    assert [port.get("nodePort") for port in spec["ports"]] == [30500, None]


def test_the_deployment_does_not_state_replicas(service: Service) -> None:
    spec = rendered(service)["Deployment", "ocr-dlp"]["spec"]
    assert "replicas" not in spec
    assert spec["selector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_a_service_that_is_not_exposed_has_its_token_alone(service: Service) -> None:
    hidden = replace(service, expose=None)
    assert list(rendered(hidden)) == [("Secret", "ocr-token")]
    assert ("Deployment", "ocr-dlp") in render.superfluous(hidden)
    assert ("Service", "ocr-svc") in render.superfluous(hidden)
    assert ("Deployment", "ocr-dlp") not in render.superfluous(service)


def test_what_does_not_fit_into_a_configmap_is_refused_by_name(service: Service) -> None:
    render.configmap(replace(service, script="x" * 1_000_000), TOKEN)
    with pytest.raises(render.TooLargeError, match=r"script: .* bytes"):
        render.configmap(replace(service, script="é" * 530_000), TOKEN)
