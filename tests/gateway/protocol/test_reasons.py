"""Every refusal has a text that fills, a remedy, and a status that fits."""

from __future__ import annotations

import pytest

from gateway.protocol.reasons import REASONS, Refusal


@pytest.mark.parametrize("name", sorted(REASONS))
def test_names_are_tokens_and_remedies_are_given(name: str) -> None:
    assert name.replace("_", "").isalpha()
    assert REASONS[name].remedy or name == "client_gone"


@pytest.mark.parametrize("name", sorted(n for n, r in REASONS.items() if r.status in (429, 503)))
def test_what_passes_by_itself_says_when_to_retry(name: str) -> None:
    assert REASONS[name].retry_after > 0


def test_a_refusal_knows_its_status_and_whether_framing_is_lost() -> None:
    assert (Refusal("bad_request").status, Refusal("bad_request").close) == (400, True)
    assert (Refusal("unauthorized").status, Refusal("unauthorized").close) == (401, False)


def test_what_describes_pods_names_the_namespace_and_shows_events() -> None:
    texts = [one.remedy for one in REASONS.values() if "kubectl describe pods" in one.remedy]
    assert texts
    for text in texts:
        assert " -n oscar-svc " in text
        assert "--show-events=true" in text
