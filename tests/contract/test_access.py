"""Acting as somebody else: with his rights, and only for who may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.kube.resources import CONFIGMAPS, SECRETS

if TYPE_CHECKING:
    from tests.contract.conftest import Asking

NOBODY = {"Impersonate-User": "contract-nobody"}


async def test_who_acts_as_another_has_his_rights_alone(ask: Asking, namespace: str) -> None:
    answer = await ask.sent("GET", SECRETS.path(namespace), NOBODY)
    assert answer.status == 403
    assert 'User "contract-nobody" cannot list resource "secrets"' in answer.message


async def test_writes_are_his_too(ask: Asking, namespace: str) -> None:
    body = {"metadata": {"name": "c"}}
    assert (await ask.sent("POST", CONFIGMAPS.path(namespace), NOBODY, body)).status == 403
    assert (await ask("GET", CONFIGMAPS.path(namespace, "c"))).status == 404


async def test_groups_bring_their_rights(ask: Asking, namespace: str) -> None:
    masters = NOBODY | {"Impersonate-Group": "system:masters"}
    assert (await ask.sent("GET", SECRETS.path(namespace), masters)).status == 200


async def test_reviews_answer_for_whom_one_acts_as(ask: Asking, namespace: str) -> None:
    asked = {"namespace": namespace, "verb": "get", "resource": "secrets"}
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": asked},
    }
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    mine = await ask("POST", path, body)
    assert mine.body["status"]["allowed"] is True
    his = await ask.sent("POST", path, NOBODY | {"Impersonate-Group": "system:authenticated"}, body)
    assert his.body["status"]["allowed"] is False
