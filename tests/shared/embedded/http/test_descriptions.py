"""What fields mean, as the installed client library says it."""

from __future__ import annotations

from shared.embedded.http import descriptions


def test_fields_are_described_by_their_json_names() -> None:
    found = descriptions.of("io.k8s.api.apps.v1.DeploymentSpec")
    assert found["minReadySeconds"].startswith("Minimum number of seconds for which a newly")
    assert "noqa" not in "".join(found.values())
    assert ":return:" not in "".join(found.values())


def test_kinds_that_two_groups_have_are_told_apart() -> None:
    assert "note" in descriptions.of("io.k8s.api.events.v1.Event")
    assert "message" in descriptions.of("io.k8s.api.core.v1.Event")


def test_a_field_without_a_description_has_none() -> None:
    found = descriptions.of("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec")
    assert "maxReplicas" in found
    assert "behavior" not in found


def test_what_the_client_does_not_know_is_not_described() -> None:
    assert descriptions.of("io.k8s.api.apps.v1.Deploiment") == {}
