from __future__ import annotations

from dataclasses import replace

from gateway.management.answers.representation import service_json
from shared.service import fdl
from shared.service.model import Environment, Service


def test_every_field_of_oscar_is_there_and_absent_lists_are_null(service: Service) -> None:
    body = service_json(service, "t0ken", None)
    assert list(body)[:5] == ["name", "cluster_id", "memory", "cpu", "total_memory"]
    assert [body[name] for name in ("input", "output", "allowed_users", "bucket_list")] == [
        None
    ] * 4
    assert (body["token"], body["namespace"], body["owner"]) == (
        "t0ken",
        "oscar-svc",
        "cluster_admin",
    )
    assert body["expose"]["api_port"] == [5000, 5001]
    assert body["script"] == service.script
    assert "deployment" not in body


def test_labels_are_the_users_and_the_forced_ones(service: Service) -> None:
    assert service_json(service, "", None)["labels"] == {
        "team": "vision",
        "oscar.grycap/user-service": "true",
        "oscar_service": "ocr",
        "applicationId": "ocr",
        "queue": "root.oscar-queue.ocr",
        "owner_name": "cluster_admin",
    }


def test_nobody_makes_somebody_else_the_owner(service: Service) -> None:
    body = service_json(replace(service, extra={"owner": "somebody"}), "", None)
    assert body["owner"] == "cluster_admin"


def test_values_of_secrets_are_blank(service: Service) -> None:
    secret = replace(service, environment=Environment(secrets={"KEY": "s3cret"}))
    body = service_json(secret, "", None)
    assert body["environment"]["secrets"] == {"KEY": ""}


def test_fields_that_serving_does_not_use_come_back(service: Service) -> None:
    body = service_json(replace(service, extra={"input": [{"path": "a"}], "vo": "x"}), "", None)
    assert body["input"] == [{"path": "a"}]
    assert body["vo"] == "x"


def test_the_state_is_embedded_when_given(service: Service) -> None:
    assert service_json(service, "", {"state": "ready"})["deployment"] == {"state": "ready"}


def test_an_answer_can_be_sent_back_as_it_is(service: Service) -> None:
    again = fdl.parse_service(service_json(service, "t0ken", {"state": "ready"})).service
    assert again.expose == service.expose
    assert (again.image, again.cpu, again.script) == (service.image, service.cpu, service.script)
    assert "token" not in again.extra
