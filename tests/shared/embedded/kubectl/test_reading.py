"""What kubectl reads: every output format, selections, watches, discovery and rights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from tests.shared.embedded.kubectl.conftest import Kubectl

OWN = ["kube-root-ca.crt", "1"]
"""The ConfigMap that every namespace has, and its number of keys."""
NAMES = ["configmap/a", "configmap/b", "configmap/kube-root-ca.crt"]


@pytest.fixture
def config(kubectl: Kubectl) -> Kubectl:
    """A namespace with the ConfigMaps `a` and `b`, of which `a` is labelled."""
    for name in "ab":
        kubectl("create", "configmap", name, f"--from-literal=key={name}")
    kubectl("label", "configmap", "a", "tier=web")
    return kubectl


def test_get_prints_the_same_objects_in_every_format(config: Kubectl) -> None:
    table = config("get", "cm").splitlines()
    assert table[0].split() == ["NAME", "DATA", "AGE"]
    assert [line.split()[:2] for line in table[1:]] == [["a", "1"], ["b", "1"], OWN]
    assert config("get", "cm", "-o", "name").split() == NAMES
    assert config("get", "cm", "b", "-o", "jsonpath={.data.key}") == "b"
    assert config.object("cm", "a")["data"] == {"key": "a"}
    document = yaml.safe_load(config("get", "cm", "a", "-o", "yaml"))
    assert (document["kind"], document["data"]) == ("ConfigMap", {"key": "a"})
    columns = config("get", "cm", "-o", "custom-columns=N:.metadata.name", "--no-headers")
    assert columns.split() == ["a", "b", OWN[0]]


def test_get_selects_by_label_field_and_name(config: Kubectl) -> None:
    assert config("get", "cm", "-l", "tier=web", "-o", "name") == "configmap/a\n"
    assert config("get", "cm", "-l", "tier!=web", "-o", "name").split() == NAMES[1:]
    assert (
        config("get", "cm", "--field-selector", "metadata.name=b", "-o", "name") == "configmap/b\n"
    )
    assert config("get", "cm", "a", "b", "-o", "name") == "configmap/a\nconfigmap/b\n"
    assert "tier=web" in config("get", "cm", "a", "--show-labels")


def test_get_pages_through_a_long_list(config: Kubectl) -> None:
    assert config("get", "cm", "--chunk-size=1", "-o", "name").split() == NAMES


def test_get_in_all_namespaces_names_them(config: Kubectl) -> None:
    lines = [line.split() for line in config("get", "cm", "-A").splitlines()]
    assert lines[0] == ["NAMESPACE", "NAME", "DATA", "AGE"]
    assert [config.namespace, "a", "1"] in [line[:3] for line in lines]


def test_a_missing_object_and_a_missing_kind_are_told_apart(kubectl: Kubectl) -> None:
    assert '(NotFound): configmaps "x" not found' in kubectl.fails("get", "cm", "x")
    assert "the server doesn't have a resource type" in kubectl.fails("get", "gadgets")


def test_an_empty_namespace_says_so(kubectl: Kubectl) -> None:
    assert f"No resources found in {kubectl.namespace} namespace" in kubectl.run("get", "po").stderr


def test_a_watch_prints_each_change_as_it_comes(config: Kubectl) -> None:
    with config.follow("get", "cm", "-w") as watch:
        watch.until("b ")
        config("create", "configmap", "c", "--from-literal=x=1")
        assert watch.until("c ").split()[:2] == ["c", "1"]
        config("patch", "configmap", "c", "-p", '{"data":{"y":"2"}}')
        assert watch.until("c ").split()[:2] == ["c", "2"]


def test_a_watch_of_events_tells_their_type(config: Kubectl) -> None:
    with config.follow("get", "cm", "-w", "--output-watch-events") as watch:
        watch.until("b ")
        config("delete", "configmap", "b")
        assert watch.until("DELETED").split()[:2] == ["DELETED", "b"]


def test_wide_columns_are_shown_on_request(kubectl: Kubectl) -> None:
    kubectl("create", "service", "clusterip", "web", "--tcp=80:8080")
    header, row = kubectl("get", "service", "web", "-o", "wide").splitlines()
    assert header.split()[-1] == "SELECTOR"
    assert row.split()[-1] == "app=web"
    assert "80/TCP" in row


def test_api_resources_are_listed_with_short_names(admin: Kubectl) -> None:
    listed = admin("api-resources", "--no-headers", "--sort-by=name")
    rows = {tuple(line.split()) for line in listed.splitlines()}
    assert ("deployments", "deploy", "apps/v1", "true", "Deployment") in rows
    assert ("nodes", "metrics.k8s.io/v1beta1", "false", "NodeMetrics") in rows
    assert "apps/v1" in admin("api-versions").split()


def test_explain_shows_fields_with_their_types_and_meaning(admin: Kubectl) -> None:
    explained = admin("explain", "deployment")
    assert "KIND:       Deployment" in explained
    assert "spec\t<DeploymentSpec>" in explained
    replicas = admin("explain", "deployment.spec.replicas")
    assert "FIELD: replicas <integer>" in replicas
    assert "Number of desired pods." in replicas
    assert "<map[string]string>" in admin("explain", "pod.metadata.labels")
    container = admin("explain", "pod.spec.containers")
    assert "name\t<string> -required-" in container
    assert "livenessProbe\t<Probe>" in container
    limits = admin("explain", "pod.spec.containers.resources.limits")
    assert "<map[string]Quantity>" in limits


def test_explain_goes_all_the_way_down_and_knows_versions(admin: Kubectl) -> None:
    everything = admin("explain", "pods", "--recursive")
    assert "secretKeyRef\t<SecretKeySelector>" in everything
    assert "minAvailable" in admin("explain", "pdb.spec")
    old = admin("explain", "hpa.spec", "--api-version=autoscaling/v1")
    assert "targetCPUUtilizationPercentage" in old
    assert "targetCPUUtilizationPercentage" not in admin("explain", "hpa.spec")
    assert "HTTPRoute" in admin("explain", "httproute")


def test_explain_says_which_field_there_is_not(admin: Kubectl) -> None:
    refused = admin.fails("explain", "deployment.spec.replica")
    assert 'field "replica" does not exist' in refused


def test_the_server_has_a_version(admin: Kubectl) -> None:
    assert "Server Version: v1." in admin("version")


def test_rights_are_answered_for_the_administrator(admin: Kubectl) -> None:
    assert admin("auth", "can-i", "delete", "pods").strip() == "yes"
    assert admin("auth", "can-i", "get", "secrets", "-A").strip() == "yes"
    assert "Username" in admin("auth", "whoami")


def test_a_wrong_token_is_refused(admin: Kubectl) -> None:
    error = admin.fails("get", "pods", "--token=wrong")
    assert "Unauthorized" in error or "must be logged in" in error


def test_a_claim_and_its_volume_are_shown_and_described(kubectl: Kubectl) -> None:
    kubectl.apply(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": "data"},
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": "1Gi"}},
            },
        }
    )
    kubectl("wait", "--for=jsonpath={.status.phase}=Bound", "pvc/data")
    head, row = (line.split() for line in kubectl("get", "pvc").splitlines())
    assert head[:5] == ["NAME", "STATUS", "VOLUME", "CAPACITY", "ACCESS"]
    assert (row[:2], row[3:6]) == (["data", "Bound"], ["1Gi", "RWO", "standard"])
    assert f"{kubectl.namespace}/data" in kubectl("get", "pv", row[2])
    assert "standard (default)" in kubectl("get", "sc")
    described = kubectl("describe", "pvc", "data")
    assert "ProvisioningSucceeded" in described
    assert "Used By:" in described
    assert "VolumeHandle:" in kubectl("describe", "pv", row[2])
    kubectl("delete", "pvc", "data")
    assert "not found" in kubectl.fails("get", "pv", row[2])
