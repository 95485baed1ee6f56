"""Taking a service over from an OSCAR manager: what is done, and the Deployment after it. Pure.

The pods stay. Their ReplicaSets are orphaned and adopted by our Deployment, which has the same
template and selector: a Deployment adopts orphans that its selector matches, and takes one of its
own template for its newest (Kubernetes, `pkg/controller/deployment`). It must not exist before they
are orphans, or it would make a ReplicaSet of its own; and it is born paused, so that it makes none
either while its controller has not yet seen them.

A mark on the ConfigMap says from beginning to end what was asked for, so that whoever finds it can
go on: the next write, or a reconcile. Each step may be done again.
"""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final, Literal

from gateway.management.objects import render, spans
from shared.service import names, oscar
from shared.service.objects import annotated_number, annotations_of, controller_of, wanted_replicas
from shared.service.values import value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.management.objects.pieces import Piece, Use
    from shared.service.model import Service
    from shared.service.objects import Obj
    from shared.service.workload import Workload

ADOPTING: Final = "oscar.grycap.io/adopting"
"""Annotation of the ConfigMap while a service is taken over: what is to be removed, by commas."""
ADOPTED: Final = "oscar.grycap.io/adopted"
"""Annotation of a Deployment whose template is still the manager's: the revision of the service for
which that is as it must be. The next revision has a template of ours."""

_HASH: Final = "pod-template-hash"
_DESIRED: Final = "deployment.kubernetes.io/desired-replicas"
_REVISION: Final = "deployment.kubernetes.io/revision"


@value
class Options:
    """What is removed beside."""

    remove_hpa: bool = False
    remove_ingress: bool = False

    def __or__(self, other: Options) -> Options:
        return Options(
            self.remove_hpa or other.remove_hpa, self.remove_ingress or other.remove_ingress
        )

    def __str__(self) -> str:
        words = {"hpa": self.remove_hpa, "ingress": self.remove_ingress}
        return ",".join(word for word, wanted in words.items() if wanted)

    def removes(self, use: Use) -> bool:
        """Whether objects of this use go."""
        return {"scaling": self.remove_hpa, "routing": self.remove_ingress}.get(use, False)


def asked(text: str) -> Options:
    """The options of which the mark is `text`."""
    words = text.split(",")
    return Options("hpa" in words, "ingress" in words)


@value
class Found:
    """What the cluster holds of a service."""

    service: Service
    configmap: Obj
    work: Workload
    replicasets: Sequence[Obj]
    """All that have the service's pods, of whomever they are."""
    pieces: Sequence[Piece]
    """Those that are there."""
    hidden: Sequence[tuple[Piece, str]] = ()
    """Those that may be there, and why they cannot be seen."""

    @property
    def mark(self) -> str | None:
        """The mark of an adoption under way."""
        return mark(self.configmap)


Action = Literal["begin", "define", "expose", "own", "release", "run", "remove", "end"]


@value
class Step:
    """One thing to do, and how it is told."""

    action: Action
    text: str


def mark(configmap: Obj | None) -> str | None:
    """The mark of an adoption under way; None when there is none."""
    return annotations_of(configmap).get(ADOPTING)


def keeps(configmap: Obj | None, deployment: Obj | None) -> bool:
    """Whether the Deployment of a service is to be left as it is: it is being taken over, or was
    and has had no other definition since."""
    adopted = annotations_of(deployment).get(ADOPTED, "")
    revision = annotations_of(configmap).get(names.REVISION, "")
    return mark(configmap) is not None or bool(adopted and adopted == revision)


def plan(found: Found, options: Options) -> tuple[Step, ...]:
    """The steps in their order; none when the service is ours and nothing is to be removed."""
    name = found.service.name
    doomed = [one for one in found.pieces if options.removes(one.use)]
    steps: list[Step] = []
    if oscar.wrote(found.configmap) or found.mark is not None:
        steps.append(Step("begin", f"mark ConfigMap {name} as being taken over"))
        if oscar.wrote(found.configmap):
            steps.append(Step("define", _definition(found.service)))
        steps += _exposure(found)
        kept = [one for one in found.pieces if one not in doomed]
        if kept:
            steps.append(Step("own", "let go with the service: " + _listed(kept)))
    if doomed:
        steps.append(Step("remove", "remove " + _listed(doomed)))
    if steps and steps[0].action == "begin":
        steps.append(Step("end", "take the mark away"))
    return tuple(steps)


def _definition(service: Service) -> str:
    name = service.name
    secrets = f", the environment's in {names.environment_secret(name)}"
    return (
        f"keep the token in Secret {names.token_secret(name)}"
        + secrets * bool(service.environment.secrets)
        + f", and state its digest in ConfigMap {name} instead"
    )


def _exposure(found: Found) -> list[Step]:
    name = found.service.name
    if found.service.expose is None:
        return []
    steps = [Step("expose", f"let go with the service: Service {names.service(name)}")]
    if found.work.managers:
        text = f"delete Deployment {oscar.deployment(name)} and leave its pods"
        steps.append(Step("release", text))
    steps.append(Step("run", f"have Deployment {names.deployment(name)} adopt the pods"))
    return steps


def obstacles(found: Found) -> list[str]:
    """Why pods could not be kept, and the remedy; empty when they can."""
    if not found.work.managers or found.work.deployment is None:
        return []
    spec = found.work.deployment["spec"]
    told = []
    if spec["selector"] != {"matchLabels": {"app": names.app_label(found.service.name)}}:
        told.append("its Deployment does not select its pods by the label app alone")
    for container in spec["template"]["spec"]["containers"]:
        counted = Counter(one["name"] for one in container.get("env") or ())
        told += [
            f"its pods have the variable {each} twice; take it out of the definition first"
            for each, count in counted.items()
            if count > 1
        ]
    return told


def left(found: Found, options: Options) -> list[str]:
    """What stays of the manager's that somebody may want to see go, and how."""
    told = {
        "scaling": "without effect once the service is taken over; --remove-hpa removes it",
        "routing": "still leads to the service, past the gateway; --remove-ingress removes it",
    }
    kinds = ("HorizontalPodAutoscaler", "Ingress", "HTTPRoute")
    lines = [
        f"{one}: {told[one.use]}"
        for one in found.pieces
        if one.kind in kinds and not options.removes(one.use)
    ]
    unseen = [(one, why) for one, why in found.hidden if one.kind in kinds]
    return [*lines, *(f"{one}, if it is there, which is not known: {why}" for one, why in unseen)]


@value
class Running:
    """What runs: the template of the pods, how many, and what is noted of them."""

    template: Obj
    replicas: int
    previous: str
    """The annotation with the number before a stop; empty if there is none."""


def running(deployment: Obj) -> Running:
    """What a Deployment runs."""
    template = _plain(deployment["spec"]["template"])
    return Running(template, wanted_replicas(deployment), _previous(deployment))


def orphaned(replicasets: Sequence[Obj]) -> Running | None:
    """What ran before the Deployment of these ReplicaSets was deleted; None if there are none."""
    orphans = [one for one in replicasets if controller_of(one) is None]
    if not orphans:
        return None
    newest = max(orphans, key=_revision)
    template = _plain(newest["spec"]["template"])
    template["metadata"]["labels"].pop(_HASH, None)
    wanted = annotated_number(newest, _DESIRED) if wanted_replicas(newest) else None
    replicas = sum(map(wanted_replicas, orphans)) if wanted is None else wanted
    return Running(template, replicas, _previous(newest))


def successor(service: Service, runs: Running, configmap: Obj, *, paused: bool) -> Obj:
    """Our Deployment with the pods of another; while it is `paused`, with their number too."""
    owner = render.owner(service.name, configmap["metadata"]["uid"])
    assert service.expose is not None
    spec: dict[str, Any] = {
        "progressDeadlineSeconds": spans.progress_deadline(service.expose),
        "selector": {"matchLabels": {"app": names.app_label(service.name)}},
        "strategy": render.deployment_strategy(),
        "template": runs.template,
    }
    if paused:
        spec |= {"paused": True, "replicas": runs.replicas}
    metadata = {
        "name": names.deployment(service.name),
        "labels": {names.SERVICE_LABEL: service.name},
        "annotations": {ADOPTED: annotations_of(configmap)[names.REVISION]},
        "ownerReferences": [owner],
    }
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def is_adopted(deployment: Obj) -> bool:
    """Whether its template is still the manager's."""
    return ADOPTED in annotations_of(deployment)


def _plain(template: Obj) -> Obj:
    """A template without what the API server alone writes there."""
    copy = deepcopy(template)
    if copy["metadata"].get("creationTimestamp", "") is None:
        del copy["metadata"]["creationTimestamp"]
    return copy


def _previous(obj: Obj) -> str:
    return annotations_of(obj).get(names.PREVIOUS_REPLICAS, "")


def _revision(replicaset: Obj) -> tuple[int, str]:
    number = annotated_number(replicaset, _REVISION) or 0
    return number, replicaset["metadata"].get("creationTimestamp", "")


def _listed(found: Sequence[Piece]) -> str:
    return ", ".join(map(str, found))
