"""What kubectl writes: create, apply (both kinds), patch, label, scale, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

if TYPE_CHECKING:
    from tests.shared.embedded.kubectl.conftest import Kubectl


def config(**data: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c"},
        "data": data,
    }


def deployment(*env: tuple[str, str], replicas: int = 0) -> dict[str, Any]:
    container = {
        "name": "main",
        "image": "local",
        "env": [{"name": name, "value": value} for name, value in env],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "d"}},
            "template": {"metadata": {"labels": {"app": "d"}}, "spec": {"containers": [container]}},
        },
    }


def env(kubectl: Kubectl) -> dict[str, str]:
    """The environment of the Deployment's container."""
    (container,) = kubectl.object("deployment", "d")["spec"]["template"]["spec"]["containers"]
    return {each["name"]: each["value"] for each in container.get("env", [])}


def test_create_makes_objects_from_flags_and_files(kubectl: Kubectl) -> None:
    kubectl("create", "secret", "generic", "s", "--from-literal=token=abc")
    assert kubectl("get", "secret", "s", "-o", "go-template={{.data.token|base64decode}}") == "abc"
    kubectl("create", "-f", "-", stdin=orjson.dumps(config(k="1")).decode())
    error = kubectl.fails("create", "-f", "-", stdin=orjson.dumps(config(k="1")).decode())
    assert "AlreadyExists" in error
    kubectl("create", "deployment", "d", "--image=local", "--replicas=0")
    assert "0/0" in kubectl("get", "deployment", "d")


def test_apply_keeps_what_others_added_and_removes_what_it_set(kubectl: Kubectl) -> None:
    assert kubectl.apply(config(a="1", b="1")) == "configmap/c created\n"
    kubectl("patch", "cm", "c", "-p", '{"data":{"theirs":"1"}}')
    assert kubectl.apply(config(a="2")) == "configmap/c configured\n"
    assert kubectl.object("cm", "c")["data"] == {"a": "2", "theirs": "1"}
    assert kubectl.apply(config(a="2")) == "configmap/c unchanged\n"


def test_apply_merges_lists_by_their_keys(kubectl: Kubectl) -> None:
    kubectl.apply(deployment(("A", "1"), ("B", "1")))
    kubectl("set", "env", "deployment/d", "THEIRS=1")
    kubectl.apply(deployment(("A", "2")))
    assert env(kubectl) == {"A": "2", "THEIRS": "1"}


def test_server_side_apply_guards_the_fields_of_others(kubectl: Kubectl) -> None:
    server = ("--server-side",)
    assert kubectl.apply(config(a="1"), flags=server) == "configmap/c serverside-applied\n"
    text = orjson.dumps(config(a="2")).decode()
    other = ("apply", "--server-side", "--field-manager=other", "-f", "-")
    error = kubectl.fails(*other, stdin=text)
    assert 'conflict with "kubectl"' in error
    assert ".data.a" in error
    kubectl(*other, "--force-conflicts", stdin=text)
    assert kubectl.object("cm", "c")["data"] == {"a": "2"}


def test_a_dry_run_writes_nothing(kubectl: Kubectl) -> None:
    assert "(server dry run)" in kubectl.apply(config(a="1"), flags=("--dry-run=server",))
    assert "NotFound" in kubectl.fails("get", "cm", "c")


def test_diff_shows_what_an_apply_would_change(kubectl: Kubectl) -> None:
    kubectl.apply(config(a="1"))
    shown = kubectl.run("diff", "-f", "-", stdin=orjson.dumps(config(a="2")).decode())
    assert shown.returncode == 1, shown.stderr
    assert '-  a: "1"' in shown.stdout
    assert '+  a: "2"' in shown.stdout


def test_labels_and_annotations_are_set_and_removed(kubectl: Kubectl) -> None:
    kubectl.apply(config())
    kubectl("label", "cm", "c", "x=1")
    assert "--overwrite is false" in kubectl.fails("label", "cm", "c", "x=2")
    kubectl("label", "cm", "c", "x=2", "--overwrite")
    kubectl("annotate", "cm", "c", "note=hello")
    metadata = kubectl.object("cm", "c")["metadata"]
    assert (metadata["labels"], metadata["annotations"]["note"]) == ({"x": "2"}, "hello")
    kubectl("label", "cm", "c", "x-")
    assert "labels" not in kubectl.object("cm", "c")["metadata"]


def test_patches_of_three_types(kubectl: Kubectl) -> None:
    kubectl.apply(deployment(("A", "1")))
    container: dict[str, Any] = {"name": "main", "env": [{"name": "B", "value": "2"}]}
    body = {"spec": {"template": {"spec": {"containers": [container]}}}}
    kubectl("patch", "deployment", "d", "-p", orjson.dumps(body).decode())
    assert env(kubectl) == {"A": "1", "B": "2"}
    operation = {"op": "remove", "path": "/spec/template/spec/containers/0/env/0"}
    kubectl("patch", "deployment", "d", "--type=json", "-p", orjson.dumps([operation]).decode())
    assert len(env(kubectl)) == 1
    container["image"] = "other"
    kubectl("patch", "deployment", "d", "--type=merge", "-p", orjson.dumps(body).decode())
    assert env(kubectl) == {"B": "2"}


def test_replace_needs_the_version_it_read(kubectl: Kubectl) -> None:
    kubectl.apply(config(a="1"))
    read = kubectl.object("cm", "c")
    read["data"] = {"a": "2"}
    kubectl("replace", "-f", "-", stdin=orjson.dumps(read).decode())
    assert "Conflict" in kubectl.fails("replace", "-f", "-", stdin=orjson.dumps(read).decode())


def test_scale_sets_replicas_on_a_condition(kubectl: Kubectl) -> None:
    kubectl.apply(deployment())
    kubectl("scale", "deployment/d", "--replicas=3")
    assert kubectl.object("deployment", "d")["spec"]["replicas"] == 3
    error = kubectl.fails("scale", "deployment/d", "--replicas=5", "--current-replicas=2")
    assert "Expected replicas to be 2, was 3" in error


def test_scale_is_noted_only_where_somebody_owned_the_replicas(kubectl: Kubectl) -> None:
    """As a server of 1.36 does: exchanges 20 to 22 have nobody own what nobody stated."""
    unstated = deployment()
    del unstated["spec"]["replicas"]
    body = orjson.dumps(unstated).decode()
    kubectl("apply", "--server-side", "--field-manager=ours", "-f", "-", stdin=body)
    kubectl("scale", "deployment/d", "--replicas=0")
    assert scalers(kubectl) == []
    stated = {**deployment(), "spec": {"replicas": 0}}
    body = orjson.dumps(stated).decode()
    kubectl("apply", "--server-side", "--field-manager=ours-replicas", "-f", "-", stdin=body)
    kubectl("scale", "deployment/d", "--replicas=2")
    assert scalers(kubectl) == [("kubectl", "scale")]


def scalers(kubectl: Kubectl) -> list[tuple[str, str]]:
    """Who owns the replicas, and through which subresource they came."""
    found = kubectl("get", "deployment", "d", "-o", "json", "--show-managed-fields")
    entries = orjson.loads(found)["metadata"]["managedFields"]
    owners = [each for each in entries if "f:replicas" in each["fieldsV1"].get("f:spec", {})]
    return [(each["manager"], each.get("subresource", "")) for each in owners]


@pytest.mark.parametrize("cascade", ["background", "foreground"])
def test_delete_waits_for_the_object_and_takes_what_it_owns(kubectl: Kubectl, cascade: str) -> None:
    kubectl.apply(deployment())
    kubectl("wait", "deployment/d", "--for=condition=Available", "--timeout=90s")
    assert len(kubectl.object("rs")["items"]) == 1
    kubectl("delete", "deployment", "d", f"--cascade={cascade}")
    assert "NotFound" in kubectl.fails("get", "deployment", "d")
    kubectl("wait", "rs", "-l", "app=d", "--for=delete", "--timeout=90s")


def test_orphans_outlive_their_owner(kubectl: Kubectl) -> None:
    kubectl.apply(deployment())
    kubectl("wait", "deployment/d", "--for=condition=Available", "--timeout=90s")
    kubectl("delete", "deployment", "d", "--cascade=orphan")
    (left,) = kubectl.object("rs")["items"]
    assert "ownerReferences" not in left["metadata"]


def test_delete_takes_several_by_label_and_ignores_the_missing(kubectl: Kubectl) -> None:
    kubectl.apply(config() | {"metadata": {"name": "c", "labels": {"x": "1"}}})
    assert kubectl("delete", "cm,secret", "-l", "x=1") == (
        f'configmap "c" deleted from {kubectl.namespace} namespace\n'
    )
    assert kubectl("delete", "cm", "c", "--ignore-not-found") == ""


def test_invalid_objects_are_refused_with_the_field(kubectl: Kubectl) -> None:
    wrong = orjson.dumps(deployment(replicas=-1)).decode()
    error = kubectl.fails("create", "-f", "-", stdin=wrong)
    assert "spec.replicas: Invalid value: -1" in error


MISSPELT = orjson.dumps(
    {**config(a="1"), "dat": {}, "metadata": {"name": "c", "lables": {}}}
).decode()


@pytest.mark.parametrize("command", ["create", "apply", "replace"])
def test_misspelt_fields_are_refused(kubectl: Kubectl, command: str) -> None:
    kubectl.apply({**config(a="0"), "metadata": {"name": "b"}})
    refused = kubectl.fails(command, "-f", "-", stdin=MISSPELT)
    assert 'strict decoding error: unknown field "dat", unknown field "metadata.lables"' in refused
    assert "NotFound" in kubectl.fails("get", "cm", "c")


def test_misspelt_fields_are_told_or_not_as_asked(kubectl: Kubectl) -> None:
    warned = kubectl.run("apply", "--validate=warn", "-f", "-", stdin=MISSPELT)
    assert warned.returncode == 0
    assert 'Warning: unknown field "metadata.lables"' in warned.stderr
    ignored = kubectl.run("apply", "--validate=false", "-f", "-", stdin=MISSPELT)
    assert (ignored.returncode, ignored.stderr) == (0, "")
    assert "dat" not in kubectl.object("cm", "c")
