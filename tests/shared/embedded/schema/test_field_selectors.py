"""Field selectors: what matches, and what is refused with Kubernetes' words."""

from __future__ import annotations

from typing import Any

import pytest

from shared.embedded import declarations
from shared.embedded.errors import StatusError
from shared.embedded.kinds import CONFIG_MAP, EVENT, EVENT_V1, POD, Kind
from shared.embedded.schema import field_selectors
from shared.embedded.schema.field_selectors import field_predicate


def test_an_empty_selector_needs_no_predicate() -> None:
    assert field_predicate(field_selectors.POD, "") is None


@pytest.mark.parametrize(
    ("kind", "selector", "obj", "matches"),
    [
        (POD, "spec.nodeName=n1", {"spec": {"nodeName": "n1"}}, True),
        (POD, "spec.nodeName=", {"spec": {}}, True),
        (POD, "status.phase!=Running", {"status": {"phase": "Pending"}}, True),
        (POD, "metadata.name=a,metadata.namespace=x", {"metadata": {"name": "a"}}, False),
        (EVENT, "involvedObject.name=a", {"involvedObject": {"name": "a"}}, True),
        (EVENT, "source=kubelet", {"source": {"component": "kubelet"}}, True),
        (EVENT_V1, "regarding.kind==Pod,type=Normal", {"involvedObject": {"kind": "Pod"}}, False),
        (EVENT_V1, "reportingController=x", {"reportingComponent": "x"}, True),
    ],
)
def test_fields(kind: Kind, selector: str, obj: dict[str, Any], matches: bool) -> None:
    predicate = field_predicate(declarations.of(kind).selectable, selector)
    assert predicate is not None
    assert predicate(obj) is matches


@pytest.mark.parametrize(
    ("kind", "selector", "message"),
    [
        (CONFIG_MAP, "data.x=1", '"data.x" is not a known field selector: only "metadata.name"'),
        (POD, "data.x=1", "field label not supported: data.x"),
        (POD, "spec.nodeName", "can't understand 'spec.nodeName'"),
    ],
)
def test_malformed_field_selectors(kind: Kind, selector: str, message: str) -> None:
    with pytest.raises(StatusError, match=message.replace(".", r"\.")):
        field_predicate(declarations.of(kind).selectable, selector)
