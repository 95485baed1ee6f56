"""When the pods of a service keep the template that an earlier version rendered. Pure.

A version that renders pods otherwise would make those of all services anew at once, and each would
load its model again. So a Deployment bears a mark: of what its pods were rendered, and as what. The
same definition rendered otherwise is the work of another version, and the pods stay until the
definition or the settings change. A template that others have changed is rendered anew.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import orjson

from gateway.management.objects import drift
from gateway.management.objects.policy import DEFAULT
from shared.service import names
from shared.service.objects import annotations_of

if TYPE_CHECKING:
    from gateway.management.objects.policy import Policy
    from shared.service.objects import Obj

_BESIDE_PODS: Final = frozenset({"storage_class", "largest_volume", "namespace"})
_GRACE: Final = "terminationGracePeriodSeconds"
"""Is learnt, so that it tells versions no more apart than definitions."""


def marked(deployment: Obj, revision: str, policy: Policy) -> Obj:
    """`deployment`, just rendered of a revision of its service, with the mark that says so."""
    template = deployment["spec"]["template"]
    outcome = {key: part for key, part in template["spec"].items() if key != _GRACE}
    made_of = _digest([revision, _settings(policy)])
    return _with_mark(deployment, f"{made_of}/{_digest([template['metadata'], outcome])}")


def unchanged(live: Obj, wanted: Obj) -> bool:
    """Whether pods of `live` have the template of `wanted`, so that none is made anew."""
    template = wanted["spec"]["template"]
    has_all = drift.contains(live["spec"]["template"], template)
    return has_all and drift.states(template, _own(live))


def kept(live: Obj, wanted: Obj, *, applied: bool) -> Obj | None:
    """`wanted`, which was `marked`, with the template that `live` has of an earlier version; None
    where it has none that stays.

    `applied`: whether the revision was applied before; asked of a Deployment without a mark.
    """
    made_of = _mark(wanted).partition("/")[0] + "/"
    before = _mark(live)
    same = before.startswith(made_of) if before else applied
    if not same or before == _mark(wanted) or unchanged(live, wanted):
        return None
    own, template = _own(live), live["spec"]["template"]
    theirs = [drift.below(fields, "spec", "template") for fields in drift.fields_of_others(live)]
    if not own or any(drift.taken(template, wanted["spec"]["template"], t, own) for t in theirs):
        return None
    spec = {**wanted["spec"], "template": drift.extracted(template, own)}
    return _with_mark({**wanted, "spec": spec}, made_of)


def news(live: Obj, wanted: Obj) -> str:
    """What was wrong with `live`, to which `wanted` is about to be applied; empty if only its mark
    is new."""
    mark = _mark(wanted)
    if mark != _mark(live):
        if mark.endswith("/"):
            return (
                "was written by an earlier version; its pods stay as they are until the "
                "definition changes"
            )
        if drift.settled(_with_mark(live, mark), wanted):
            return ""
    return "was changed"


def _own(live: Obj) -> Obj:
    return drift.below(drift.own_fields(live), "spec", "template")


def _mark(deployment: Obj) -> str:
    return annotations_of(deployment).get(names.RENDERED, "")


def _with_mark(deployment: Obj, mark: str) -> Obj:
    metadata = deployment["metadata"]
    annotations = {**annotations_of(deployment), names.RENDERED: mark}
    return {**deployment, "metadata": {**metadata, "annotations": annotations}}


def _settings(policy: Policy) -> dict[str, Any]:
    """Those that shape pods and are not as they come: a version that brings one more changes no
    mark by that."""
    usual = asdict(DEFAULT)
    stated = asdict(policy).items()
    return {name: s for name, s in stated if s != usual[name] and name not in _BESIDE_PODS}


def _digest(parts: Any) -> str:
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]
