from __future__ import annotations

from dataclasses import replace

import pytest

from scaler.cluster.catalog import Cataloguer
from scaler.config.scaling import Scaling
from scaler.control.annotation import ANNOTATION
from scaler.control.evaluate import Inputs, evaluate
from scaler.decision import HPA, Action, Policy
from scaler.decision.types import Sample
from scaler.report.explain import explain, verdict
from scaler.sources.idleness import Heard, Idleness
from scaler.sources.loads import Load, Loads
from scaler.sources.samples import Samples
from shared.service import names
from shared.service.values import changed
from tests.scaler.objects import NOW, deployment, hpa, keyed, pod, service, stamp

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
        "a-dlp-1-0": Sample(NOW - 7, 15, {"main": cpu}),
        "a-dlp-1-1": Sample(NOW - 500, 15, {"main": 50}),
    }
    inputs = Inputs(Samples(usage), loads=Loads({"a": Load(3, 2)}))
    result = evaluate(target, scaling.policy_for(target.expose), None, inputs, {}, NOW)
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
        (HPA_SCALING, 80, False, "2 is the right number."),
        (replace(HPA_SCALING, policy=Policy()), 80, False, "ask for 1, but DownWindow keeps 2."),
    ],
)
def test_what_is_not_written_and_why(scaling: Scaling, cpu: int, rival: bool, ending: str) -> None:
    last = told(scaling, cpu, rival).splitlines()[-1]
    assert last.startswith("Nothing is written: ")
    assert ending in last


def test_a_managers_deployment_beside_ours_is_told() -> None:
    target = replace(Cataloguer().catalog(service("a", 1)).targets["a"], spare="a-dpl")
    result = evaluate(target, HPA_SCALING.policy_for(target.expose), None, Inputs(), {}, NOW)
    text = "\n".join(explain(target, HPA_SCALING, (), result))
    assert "\nDeployment a-dpl, which an OSCAR manager made, " in text


def test_what_the_leader_alone_remembers_is_not_claimed_to_be_known() -> None:
    assert "as of the leader's last write" in told(replace(HPA_SCALING, policy=Policy()), 80)
    assert "as of the leader's last write" not in told(HPA_SCALING, 240)


def test_who_may_not_mark_pods_says_that_any_may_go() -> None:
    target = Cataloguer().catalog(service("a", 1)).targets["a"]
    inputs = Inputs(Samples({}))
    result = evaluate(target, Policy(), None, inputs, {}, NOW)
    for unmarked in (True, False):
        text = "\n".join(explain(target, HPA_SCALING, (), result, unmarked=unmarked))
        assert ("overlay deletion-cost" in text) is unmarked


def test_without_data_the_verdict_says_so() -> None:
    target = Cataloguer().catalog(service("a", 1)).targets["a"]
    inputs = Inputs(samples_error="metrics.k8s.io did not answer")
    result = evaluate(target, HPA_SCALING.policy_for(target.expose), None, inputs, {}, NOW)
    told = verdict(target, HPA_SCALING, result)
    assert told.startswith("Nothing is written: there are no trusted data (")
    assert "metrics.k8s.io did not answer" in told
    assert not result.faults, "no samples at all are one failure, not one a pod"


def rested(replicas: int, cpu: int, **expose: int) -> tuple[str, str]:
    """First line and verdict for pods of 100m that use `cpu` each, under the default policy."""
    target = Cataloguer().catalog(service("a", replicas, **expose)).targets["a"]
    names = [facts.pod.name for facts in target.pods]
    usage = {name: Sample(NOW - 1, 1, {"main": cpu}) for name in names}
    scaling = Scaling(policy=Policy())
    policy = scaling.policy_for(target.expose)
    result = evaluate(target, policy, None, Inputs(Samples(usage)), {}, NOW)
    first, *_, last = explain(target, scaling, (), result)
    return first, last


def test_an_idle_service_is_at_its_minimum_and_not_within_tolerance() -> None:
    first, last = rested(2, 0, min_scale=2)
    assert first.endswith("metrics ask 0, bounds 2; because BelowTarget; held by TooFewReplicas")
    assert last == "Nothing is written: the metrics ask for 0, and 2 is the minimum."


def test_a_busy_service_at_its_maximum_is_told_what_to_raise() -> None:
    first, last = rested(2, 500, max_scale=2)
    assert "because AboveTarget; held by " in first
    assert first.endswith("TooManyReplicas")
    assert last.endswith("and 2 is the maximum; raise max_scale for more.")


def test_at_zero_scaling_is_off_and_the_way_back_is_told() -> None:
    first, last = rested(0, 0)
    assert "ScalingDisabled" in first
    assert "start the service to resume" in last


def test_what_keeps_it_awake_is_told_or_since_when_it_sleeps() -> None:
    scaling = Scaling(zero_after_s=600.0)
    idle = Loads(idleness=Idleness((Heard("http://one", 200.0, {}),)))
    silent = Loads(idleness=Idleness((), ("http://one is silent",)))
    mark = {
        names.ASLEEP_SINCE: stamp(NOW - 90),
        ANNOTATION: '{"policy": "responsive", "usual_start_s": 61.4}',
    }
    sleeps = replace(service("a", 0), deployments=keyed(deployment("a", 0, annotations=mark)))
    for caches, loads, part in (
        (service("a", 1), idle, "\nkept awake: idle for 3 m 20 s of 10 m\n"),
        (service("a", 1), silent, "\nkept awake: http://one is silent\n"),
        (service("a", 1), replace(idle, idleness=Idleness((LONG,))), "awake by nothing: nobody"),
        (sleeps, idle, "somebody asks for it; a start takes 1 m 1 s as a rule\n"),
        (sleeps, idle, "Nothing is written: it sleeps, and nobody asks for it"),
    ):
        target = Cataloguer().catalog(caches).targets["a"]
        policy = scaling.policy_for(target.expose)
        result = evaluate(target, policy, None, Inputs(loads=loads), {}, NOW, scaling.zero)
        text = "\n".join(explain(target, scaling, (), result))
        assert part in text, text


LONG = Heard("http://one", 700.0, {})


@pytest.mark.parametrize(
    ("scaling", "why"),
    [
        (Scaling(zero_after_s=600.0, pause=True), "scaling is paused by its configuration"),
        (Scaling(zero_after_s=600.0, dry_run=True), "a dry run writes nothing"),
    ],
)
def test_what_is_left_alone_is_kept_as_it_is_by_that(scaling: Scaling, why: str) -> None:
    loads = Loads(idleness=Idleness((LONG,)))
    mark = {names.ASLEEP_SINCE: stamp(NOW - 90)}
    sleeps = replace(service("a", 0), deployments=keyed(deployment("a", 0, annotations=mark)))
    for caches, part in (
        (service("a", 1), f"kept awake: {why}; nobody has asked for 10 m"),
        (sleeps, f"and nothing wakes it: {why}"),
    ):
        target = Cataloguer().catalog(caches).targets["a"]
        policy = scaling.policy_for(target.expose)
        result = evaluate(target, policy, None, Inputs(loads=loads), {}, NOW, scaling.zero)
        assert part in "\n".join(explain(target, scaling, (), result))


def test_a_schedule_that_raises_the_minimum_is_told() -> None:
    target = Cataloguer().catalog(service("a", 1)).targets["a"]
    scaling = Scaling()
    policy = scaling.policy_for(target.expose, 3)
    result = evaluate(target, policy, None, Inputs(), {}, NOW)
    text = "\n".join(explain(target, scaling, (), result))
    assert "3 (by a schedule; min_scale is 1) to 10 replicas" in text
    assert "because: Current number of replicas below Spec.MinReplicas: there are never" in text


def test_pods_that_are_busy_with_themselves_want_a_higher_request_and_not_more_pods() -> None:
    """An idle server of 12m with a request of 10m, which the maximum cannot help."""
    caches = service("a", 2, max_scale=2)
    for obj in caches.pods.values():
        obj["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "10m"}}
    target = Cataloguer().catalog(caches).targets["a"]
    usage = {each.pod.name: Sample(NOW - 1, 1, {"main": 12}) for each in target.pods}
    for loads, remedy in (
        (None, "raise the request (cpu)"),
        (Loads({}), "raise the request (cpu)"),
        (Loads({"a": Load(2, 0)}), "raise max_scale for more"),
    ):
        inputs = Inputs(Samples(usage), loads=loads)
        policy = Scaling().policy_for(target.expose)
        result = evaluate(target, policy, None, inputs, {}, NOW)
        assert remedy in verdict(target, Scaling(), result)


def test_saturated_pods_whose_help_is_pending_are_not_called_right() -> None:
    caches = service("a", 3)
    waiting = {"waiting": {"reason": "ImagePullBackOff"}}
    for index, obj in enumerate(caches.pods.values()):
        if index:
            obj["status"] |= {"phase": "Pending"}
            obj["status"]["conditions"][0]["status"] = "False"
            obj["status"]["containerStatuses"] = [{"name": "main", "state": waiting}]
        obj["spec"]["containers"][0]["resources"]["limits"] = {"cpu": "120m"}
    target = Cataloguer().catalog(caches).targets["a"]
    usage = {"a-dlp-1-0": Sample(NOW - 1, 1, {"main": 120})}
    policy = Scaling().policy_for(target.expose)
    result = evaluate(target, policy, None, Inputs(Samples(usage)), {}, NOW)
    assert "right number" not in (text := verdict(target, Scaling(), result))
    assert "3 stays; Pending: pods that are asked for do not run yet" in text


@pytest.mark.parametrize("reason", ["Bursts", "Rhythm"])
def test_a_size_that_is_kept_for_what_may_come_is_said_to_be(reason: str) -> None:
    target = Cataloguer().catalog(service("a", 3)).targets["a"]
    policy = Scaling().policy_for(target.expose)
    result = evaluate(target, policy, None, Inputs(Samples({})), {}, NOW)
    kept = changed(
        result.decision, valid=True, action=Action.NONE, raw=3, replicas=3, reasons=(reason,)
    )
    text = verdict(target, Scaling(), replace(result, decision=kept))
    assert f"3 stays; {reason}: so much" in text


def test_between_steps_of_an_overload_the_next_one_is_told() -> None:
    caches = service("a", 2)
    for obj in caches.pods.values():
        obj["status"]["conditions"][0] |= {"status": "False", "lastTransitionTime": stamp(NOW - 90)}
        began = {"running": {"startedAt": stamp(NOW - 3600)}}
        obj["status"]["containerStatuses"] = [{"name": "main", "state": began}]
    target = Cataloguer().catalog(caches).targets["a"]
    usage = {each.pod.name: Sample(NOW - 1, 1, {"main": 900}) for each in target.pods}
    policy = Scaling().policy_for(target.expose)
    inputs = Inputs(Samples(usage))
    first = evaluate(target, policy, None, inputs, {}, NOW)
    assert first.decision.replicas == 3
    second = evaluate(target, policy, first.state, inputs, {}, NOW + 2)
    assert second.decision.limits == ("OverloadPeriod",)
    assert "the next step is due 08:01:00 UTC" in verdict(target, Scaling(), second)
