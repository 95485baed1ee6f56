from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from gateway.management.objects import kept
from gateway.management.objects.kept import FRESH, LIMIT, Entry, Kept, SecretsTooLargeError
from shared.service.model import Environment, Service
from shared.service.objects import Obj

TOKEN = "ab" * 32
KEPT = Kept(TOKEN, {"KEY": "s3crét"}, {"/clusters/a/password": "x"})


def secret(applied: str = "", **entries: Entry) -> Obj:
    data = {kept.key(name): kept.encoded(entry) for name, entry in entries.items()}
    marks = {"oscar.grycap.io/applied": applied} if applied else {}
    return {"metadata": {"annotations": marks}, "data": {"token": kept.token_data(TOKEN), **data}}


def test_what_is_kept_comes_back() -> None:
    found = secret(one=Entry(KEPT, 5.0))
    assert kept.entries(found) == {"one": Entry(KEPT, 5.0)}
    assert kept.token(found) == TOKEN


def test_all_that_is_secret_is_kept(service: Service) -> None:
    extra = {"clusters": {"a": {"password": "x"}}}
    whole = replace(service, environment=Environment(secrets={"KEY": "s3crét"}), extra=extra)
    assert kept.of(whole, TOKEN) == KEPT


@pytest.mark.parametrize("value", ["", "!", base64.b64encode(b"{}").decode(), "e30=", "bnVsbA=="])
def test_what_cannot_be_read_is_not_there(value: str) -> None:
    broken: Obj = {"metadata": {}, "data": {"revision-x": value, "token": value}}
    assert kept.entries(broken) == {}
    assert kept.token(broken) == ""
    assert kept.stale(broken, "now", 0.0) == ["revision-x"]


def test_the_revision_changes_with_all_that_it_names() -> None:
    data = {"function_config.yaml": "a", "script.sh": "b", "token_sha256": "c"}
    names = {
        kept.revision(data, KEPT),
        kept.revision(data | {"function_config.yaml": "x"}, KEPT),
        kept.revision(data | {"script.sh": "x"}, KEPT),
        kept.revision(data, replace(KEPT, token="cd" * 32)),
        kept.revision(data, replace(KEPT, environment={})),
        kept.revision(data, replace(KEPT, fields={})),
    }
    assert len(names) == 6
    assert kept.revision(data, KEPT) == kept.revision(dict(reversed(data.items())), KEPT)


@pytest.mark.parametrize(
    ("applied", "at", "stale"),
    [
        ("old", 1000.0, True),  # superseded
        ("", 1000.0, False),  # perhaps on its way into the ConfigMap
        ("", 1000.0 - FRESH - 1, True),
        ("", 1000.0 + FRESH + 1, True),  # by a clock that is wrong
        ("now", 1000.0, False),
    ],
)
def test_revisions_that_nobody_will_ask_for_go(applied: str, at: float, stale: bool) -> None:
    found = secret(applied, old=Entry(KEPT, at), now=Entry(KEPT, 0.0))
    assert kept.stale(found, "now", 1000.0) == (["revision-old"] if stale else [])


def test_secrets_that_do_not_fit_twice_are_refused_by_name(service: Service) -> None:
    large = replace(service, environment=Environment(secrets={"KEY": "x" * LIMIT}))
    with pytest.raises(SecretsTooLargeError, match=r"environment\.secrets: .* bytes"):
        kept.of_new(large, TOKEN)
    assert kept.of(large, TOKEN).environment["KEY"]
