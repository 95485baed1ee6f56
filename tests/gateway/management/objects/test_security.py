"""What pods may do, against the Pod Security Standards."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.management.objects.pod import pod_template
from gateway.management.objects.policy import DEFAULT, Policy
from shared.service.model import Service, Volume
from shared.service.security import ANNOTATION, CAPABILITIES
from tests.gateway.management.objects.pod_security import BASELINE, RESTRICTED, missed

STRICT = Policy(run_as_non_root=True, read_only_root=True)
RUN_AS_ROOT = "run-as-root"


def spec(service: Service, words: str = "", policy: Policy = DEFAULT) -> dict[str, Any]:
    assert service.expose is not None
    asking = replace(service, annotations={ANNOTATION: words} if words else {})
    found: dict[str, Any] = pod_template(asking, service.expose, "ab" * 32, policy)["spec"]
    return found


def container(found: dict[str, Any]) -> dict[str, Any]:
    only: dict[str, Any] = found["containers"][0]
    return only


def test_the_least_is_the_default(service: Service) -> None:
    found = spec(service)
    assert found["securityContext"] == {"seccompProfile": {"type": "RuntimeDefault"}}
    assert container(found)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    assert found["automountServiceAccountToken"] is False


@pytest.mark.parametrize("volume", [None, Volume("/data", "ocr", "1Gi")])
def test_the_profile_restricted_passes_when_both_switches_are_on(
    service: Service, volume: Volume | None
) -> None:
    found = spec(replace(service, volume=volume), policy=STRICT)
    assert missed(RESTRICTED, found) == set()
    assert container(found)["securityContext"]["readOnlyRootFilesystem"] is True


@pytest.mark.parametrize(
    ("words", "policy", "misses"),
    [
        ("", DEFAULT, {"non-root"}),
        ("NET_BIND_SERVICE", STRICT, set()),
        ("user=1000", STRICT, set()),
        ("writable-root", STRICT, set()),
        (RUN_AS_ROOT, STRICT, {"non-root"}),
        ("default-capabilities", STRICT, {"capabilities"}),
        (",".join(CAPABILITIES), STRICT, {"capabilities"}),
        ("bogus", STRICT, set()),
    ],
)
def test_what_a_service_asks_for_costs_that_rule_alone_and_stays_within_baseline(
    service: Service, words: str, policy: Policy, misses: set[str]
) -> None:
    found = spec(service, words, policy)
    assert missed(RESTRICTED, found) == misses
    assert missed(BASELINE, found) == set()


def test_a_way_out_of_each_switch(service: Service) -> None:
    found = spec(service, "run-as-root writable-root CHOWN default-capabilities", STRICT)
    assert "runAsNonRoot" not in found["securityContext"]
    assert container(found)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"add": ["CHOWN"]},
    }
    assert [mount["name"] for mount in container(found)["volumeMounts"]] == ["oscar-config"]


def test_a_user_by_its_number(service: Service) -> None:
    context = spec(replace(service, volume=Volume("/data", "ocr")), "user=1234")["securityContext"]
    assert (context["runAsUser"], context["runAsGroup"], context["fsGroup"]) == (1234, 1234, 1234)


def test_a_read_only_root_leaves_tmp_writable(service: Service) -> None:
    found = spec(service, policy=STRICT)
    assert {"name": "tmp", "mountPath": "/tmp"} in container(found)["volumeMounts"]
    assert {"name": "tmp", "emptyDir": {}} in found["volumes"]


@pytest.mark.parametrize("path", ["/tmp", "/tmp/"])
def test_a_volume_may_take_the_place_of_tmp(service: Service, path: str) -> None:
    found = spec(replace(service, volume=Volume(path, "ocr", "1Gi")), policy=STRICT)
    paths = [mount["mountPath"] for mount in container(found)["volumeMounts"]]
    assert paths == ["/oscar/config", path]


def test_a_volume_is_writable_whoever_the_pod_runs_as(service: Service) -> None:
    context = spec(replace(service, volume=Volume("/data", "ocr", "1Gi")))["securityContext"]
    assert (context["fsGroup"], context["fsGroupChangePolicy"]) == (1000, "OnRootMismatch")


@pytest.mark.parametrize(
    ("profile", "change", "rule"),
    [
        (BASELINE, {"hostNetwork": True}, "host namespaces"),
        (BASELINE, {"volumes": [{"name": "v", "hostPath": {"path": "/"}}]}, "hostPath"),
        (BASELINE, {"securityContext": {"sysctls": [{"name": "x"}]}}, "sysctls"),
        (RESTRICTED, {"securityContext": {}}, "seccomp"),
        (RESTRICTED, {"volumes": [{"name": "v", "nfs": {}}]}, "volume types"),
    ],
)
def test_the_rules_find_what_breaks_them(
    service: Service, profile: dict[str, Any], change: dict[str, Any], rule: str
) -> None:
    assert rule in missed(profile, spec(service, policy=STRICT) | change)
