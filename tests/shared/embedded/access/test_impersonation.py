"""Who may act as whom, and as whom he then asks."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict

from shared.embedded.access import impersonation, rbac
from shared.embedded.access.rbac import Attributes, User
from shared.embedded.errors import StatusError

ROOT = User("root", ("system:masters",))
REVIEWS = "authentication.k8s.io"
Headers = list[tuple[str, str]]

JANE = ("Impersonate-User", "jane")
ROBOT = ("Impersonate-User", "system:serviceaccount:space:robot")


def acting(headers: Headers, refused: str = "") -> tuple[User, list[Attributes]]:
    """As whom is asked, and the rights that were; that on the resource `refused` is not given."""
    asked: list[Attributes] = []

    def allowed(_: User, wanted: Attributes) -> bool:
        asked.append(wanted)
        return wanted.resource != refused

    return impersonation.acting(CIMultiDict(headers), ROOT, allowed), asked


@pytest.mark.parametrize(
    ("headers", "user"),
    [
        ([], ROOT),
        ([("Impersonation", "x")], ROOT),
        ([JANE], User("jane", ("system:authenticated",))),
        (
            [JANE, ("Impersonate-Group", "a"), ("impersonate-group", "b")],
            User("jane", ("a", "b", "system:authenticated")),
        ),
        (
            [JANE, ("Impersonate-Group", "system:unauthenticated")],
            User("jane", ("system:unauthenticated",)),
        ),
        (
            [("Impersonate-User", "system:anonymous")],
            User("system:anonymous", ("system:unauthenticated",)),
        ),
        ([ROBOT], rbac.service_account("space", "robot")),
        (
            [ROBOT, ("Impersonate-Group", "g")],
            User("system:serviceaccount:space:robot", ("g", "system:authenticated")),
        ),
        (
            [JANE, ("Impersonate-Uid", "7"), ("Impersonate-Extra-Acme.com%2fScope", "x")],
            User("jane", ("system:authenticated",), "7", (("acme.com/scope", ("x",)),)),
        ),
        (
            [("Impersonate-User", "system:serviceaccount:bad")],
            User("system:serviceaccount:bad", ("system:authenticated",)),
        ),
    ],
)
def test_as_whom(headers: Headers, user: User) -> None:
    assert acting(headers)[0] == user


def test_each_part_is_a_right_of_its_own() -> None:
    headers = [
        JANE, ("Impersonate-Group", "a"), ("Impersonate-Uid", "7"), ("Impersonate-Extra-k", "v"),
    ]  # fmt: skip
    assert acting(headers)[1] == [
        Attributes("impersonate", "", "users", name="jane"),
        Attributes("impersonate", "", "groups", name="a"),
        Attributes("impersonate", REVIEWS, "uids", name="7"),
        Attributes("impersonate", REVIEWS, "userextras/k", name="v"),
    ]
    assert acting([ROBOT])[1] == [
        Attributes("impersonate", "", "serviceaccounts", "space", "robot")
    ]


@pytest.mark.parametrize(
    ("headers", "resource", "message"),
    [
        (
            [JANE],
            "users",
            'users "jane" is forbidden: User "root" cannot impersonate resource "users" in API '
            'group "" at the cluster scope',
        ),
        (
            [JANE, ("Impersonate-Group", "system:masters")],
            "groups",
            'groups "system:masters" is forbidden: User "root" cannot impersonate resource '
            '"groups" in API group "" at the cluster scope',
        ),
        (
            [ROBOT],
            "serviceaccounts",
            'serviceaccounts "robot" is forbidden: User "root" cannot impersonate resource '
            '"serviceaccounts" in API group "" in the namespace "space"',
        ),
    ],
)
def test_who_may_not_is_refused(headers: Headers, resource: str, message: str) -> None:
    with pytest.raises(StatusError) as told:
        acting(headers, resource)
    assert (told.value.code, told.value.message) == (403, message)


@pytest.mark.parametrize("name", ["Impersonate-Group", "Impersonate-Uid", "Impersonate-Extra-k"])
def test_parts_need_a_user(name: str) -> None:
    with pytest.raises(StatusError, match="without impersonating a user") as told:
        acting([(name, "x")])
    assert told.value.code == 500
