"""Discovery documents, in both forms, tell the same about every kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shared.embedded.declarations import KINDS
from shared.embedded.kinds import SCALE, Kind, Subresource
from shared.embedded.schema import discovery

RECORDED = json.loads((Path(__file__).parents[1] / "exchanges.json").read_text())["exchanges"]
LATER = json.loads((Path(__file__).parents[1] / "exchanges-2.json").read_text())["exchanges"]


def recorded(path: str, accept: str = "application/json") -> Any:
    """The body of a recorded discovery document."""
    wanted = [e for e in LATER if (e["request"]["path"], e["request"]["accept"]) == (path, accept)]
    return wanted[-1]["response"]["body"]


@pytest.mark.parametrize(
    "path", ["/api/v1", "/apis/apps/v1", "/apis/autoscaling/v2", "/apis/metrics.k8s.io/v1beta1"]
)
def test_resources_are_told_as_a_real_server_does(path: str) -> None:
    """Of the kinds that are served here, and of their subresources."""
    group, _, version = path.removeprefix("/apis/").removeprefix("/api/").rpartition("/")
    ours = discovery.resource_list(KINDS, group, version)
    assert ours is not None
    real = recorded(path)
    names = [each["name"] for each in ours["resources"]]
    real["resources"] = [each for each in real["resources"] if each["name"] in names]
    told = {each["name"]: each for each in ours["resources"]}
    for each in real["resources"]:
        if "/" not in each["name"]:
            assert told[each["name"]] == each
    assert [each["name"] for each in real["resources"]] == names


def test_groups_are_told_as_a_real_server_does() -> None:
    ours = discovery.group_list(KINDS)["groups"]
    real = recorded("/apis")["groups"]
    shared = [each for each in ours if each in real]
    assert shared == [each for each in real if each in ours]
    assert {g["name"] for g in ours if g not in shared} == {
        "gateway.networking.k8s.io", "traefik.io",
    }  # fmt: skip


def test_the_aggregated_form_is_that_of_a_real_server() -> None:
    real = {
        (group["metadata"]["name"], version["version"], each["resource"]): each
        for group in recorded("/apis", discovery.AGGREGATED)["items"]
        for version in group["versions"]
        for each in version["resources"]
    }
    for group in discovery.aggregated(KINDS, core=False)["items"]:
        for version in group["versions"]:
            for each in version["resources"]:
                key = (group["metadata"]["name"], version["version"], each["resource"])
                assert each == real.get(key, each)


def test_the_root_names_every_path() -> None:
    paths = discovery.root(KINDS, ["/version"])["paths"]
    assert paths == sorted(paths)
    assert {"/api", "/api/v1", "/apis", "/apis/apps", "/apis/apps/v1", "/version"} <= set(paths)


def test_the_core_group_is_announced_as_a_real_server_does() -> None:
    recorded = next(e for e in RECORDED if e["request"]["path"] == "/api")["response"]["body"]
    assert discovery.legacy_groups("192.0.2.2:6444") == recorded


def test_every_kind_is_reachable_from_the_group_list() -> None:
    versions = [v for g in discovery.group_list(KINDS)["groups"] for v in g["versions"]]
    found = set()
    for group, version in [("", "v1"), *(v["groupVersion"].split("/") for v in versions)]:
        document = discovery.resource_list(KINDS, group, version)
        assert document is not None
        found |= {(document["groupVersion"], r["name"], r["kind"]) for r in document["resources"]}
    assert {(kind.api_version, kind.plural, kind.kind) for kind in KINDS} <= found


def test_the_first_version_of_a_group_is_preferred() -> None:
    group = discovery.group(KINDS, "autoscaling")
    assert group is not None
    assert group["preferredVersion"] == {"groupVersion": "autoscaling/v2", "version": "v2"}
    assert [version["version"] for version in group["versions"]] == ["v2", "v1"]


def test_unknown_groups_and_versions_have_no_document() -> None:
    assert discovery.group(KINDS, "example.com") is None
    assert discovery.group(KINDS, "") is None
    assert discovery.resource_list(KINDS, "apps", "v1beta1") is None


WIDGET = Kind(
    "example.com",
    "v1",
    "widgets",
    "widget",
    "Widget",
    short_names=("wd",),
    categories=("all",),
    verbs=("get",),
    subresources=(SCALE, Subresource("log", ("get",))),
)


def test_a_resource_lists_its_names_verbs_and_subresources() -> None:
    document = discovery.resource_list([WIDGET], "example.com", "v1")
    assert document is not None
    main, log, scale = document["resources"]
    assert main == {
        "name": "widgets",
        "singularName": "widget",
        "namespaced": True,
        "kind": "Widget",
        "verbs": ["get"],
        "shortNames": ["wd"],
        "categories": ["all"],
        "storageVersionHash": "gIwvi5rymmg=",
    }
    assert (scale["name"], scale["group"], scale["kind"]) == (
        "widgets/scale",
        "autoscaling",
        "Scale",
    )
    assert (log["name"], log["kind"], "group" in log) == ("widgets/log", "Widget", False)


def test_the_aggregated_form_splits_core_from_named_groups() -> None:
    core = discovery.aggregated(KINDS, core=True)
    named = discovery.aggregated(KINDS, core=False)
    assert [item["metadata"] for item in core["items"]] == [{}]
    listed = [group["name"] for group in discovery.group_list(KINDS)["groups"]]
    assert [item["metadata"]["name"] for item in named["items"]] == listed


def test_the_aggregated_form_names_what_subresources_answer() -> None:
    version = discovery.aggregated([WIDGET], core=False)["items"][0]["versions"][0]
    (resource,) = version["resources"]
    assert resource["scope"] == "Namespaced"
    log, scale = resource["subresources"]
    assert scale["responseKind"] == {"group": "autoscaling", "version": "v1", "kind": "Scale"}
    assert log["responseKind"] == {"group": "", "version": "", "kind": "Widget"}
