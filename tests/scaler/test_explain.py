from __future__ import annotations

from dataclasses import replace

import pytest

from scaler.catalog import Cataloguer
from scaler.decision import HPA, Policy, State
from scaler.evaluate import Inputs, evaluate
from scaler.explain import explain, verdict
from scaler.scaling import Scaling
from scaler.sources.gateway_load import Load, Loads
from scaler.sources.samples import PodUsage, Samples
from tests.scaler.objects import NOW, hpa, keyed, pod, service

HPA_SCALING = Scaling(policy=Policy(name=HPA))


def told(scaling: Scaling = HPA_SCALING, cpu: int = 160, rival: bool = False) -> str:
    caches = service("a", 2)
    caches = replace(
        caches,
        pods=keyed(pod("a", 0), pod("a", 1, ready="False", age=20)),
        hpas=keyed(hpa("a-hpa", "a-dlp")) if rival else {},
    )
    target = Cataloguer().catalog(caches).targets["a"]
    usage = {
        "a-dlp-1-0": PodUsage(NOW - 7, 15, {"main": cpu}),
        "a-dlp-1-1": PodUsage(NOW - 500, 15, {"main": 50}),
    }
    inputs = Inputs(Samples(usage), loads=Loads({"a": Load(3, 2)}))
    result = evaluate(target, scaling.policy_for(target.expose), State(), inputs, {}, NOW)
    return "\n".join(explain(target, scaling, ["period: nonsense"], result))


def test_the_whole_decision_is_told() -> None:
    text = told(cpu=240)
    for part in (
        "a: scale up 2 → 3: CPU 240% of its base, target 80%, samples up to 7 s old",
        "Policy hpa: 1 to 10 replicas, target 80%",
        "ignored: period: nonsense",
        "a-dlp-1-0  ready     240%",
        "a-dlp-1-1  missing      -  sample stale",
        "gateway: 3 requests in flight, 2 waiting",
        "metrics ask for",
        "within bounds         3",
        "The leading scaler writes 3 replicas.",
    ):
        assert part in text, f"{part!r} is missing in\n{text}"


@pytest.mark.parametrize(
    ("scaling", "cpu", "rival", "ending"),
    [
        (HPA_SCALING, 240, True, "a-hpa scales the same Deployment"),
        (replace(HPA_SCALING, pause=True), 240, False, "scaling is paused"),
        (replace(HPA_SCALING, dry_run=True), 240, False, "dry run (else 3 replicas)."),
        (HPA_SCALING, 80, False, "2 replicas are right."),
    ],
)
def test_what_is_not_written_and_why(scaling: Scaling, cpu: int, rival: bool, ending: str) -> None:
    last = told(scaling, cpu, rival).splitlines()[-1]
    assert last.startswith("Nothing is written: ")
    assert ending in last


def test_without_data_the_verdict_says_so() -> None:
    target = Cataloguer().catalog(service("a", 1)).targets["a"]
    inputs = Inputs(samples_error="metrics.k8s.io did not answer")
    result = evaluate(target, HPA_SCALING.policy_for(target.expose), State(), inputs, {}, NOW)
    assert "not valid" in verdict(target, HPA_SCALING, result.decision)
    assert not result.faults, "no samples at all are one failure, not one a pod"
