from __future__ import annotations

from scaler.cluster.catalog import Cataloguer, Target
from scaler.control.evaluate import Evaluation, Inputs, evaluate
from scaler.decision import HPA, Load, Observation, Policy
from scaler.decision.types import Sample
from scaler.sources.loads import Load as GatewayLoad
from scaler.sources.loads import Loads
from scaler.sources.quality import Fault
from scaler.sources.samples import Samples
from tests.scaler.objects import NOW, service

POLICY = Policy(name=HPA, max_sample_age_s=60)


def target(pods: int = 2) -> Target:
    return Cataloguer().catalog(service("a", pods)).targets["a"]


def evaluated(inputs: Inputs) -> Evaluation:
    return evaluate(target(), POLICY, None, inputs, {"n1": 1000}, NOW)


def sample(cpu: int, age: float = 0.0) -> Sample:
    return Sample(NOW - age, 15.0, {"main": cpu})


def requests(observation: Observation) -> list[int | None]:
    return [observation.requests_with(pod.name) for pod in observation.pods]


def test_believed_samples_are_decided_on_and_others_are_told() -> None:
    usage = {"a-dlp-1-0": sample(160), "a-dlp-1-1": sample(2001), "stranger": sample(5)}
    result = evaluated(Inputs(Samples(usage)))
    assert result.faults == {"a-dlp-1-1": Fault.EXCESSIVE}
    assert list(result.observation.samples) == ["a-dlp-1-0"]
    assert result.decision.utilisation_pct == 160


def test_the_oldest_sample_believed_is_the_policys() -> None:
    usage = {"a-dlp-1-0": sample(10, age=60), "a-dlp-1-1": sample(10, age=61)}
    assert evaluated(Inputs(Samples(usage))).faults == {"a-dlp-1-1": Fault.STALE}


def test_a_source_that_failed_is_an_error_not_a_fault_of_each_pod() -> None:
    result = evaluated(Inputs(samples_error="gone"))
    assert not result.faults
    assert result.observation.metrics_error == "gone"
    assert not result.decision.valid


def test_no_requests_are_not_the_same_as_no_answer() -> None:
    usage = Samples({})
    assert evaluated(Inputs(usage)).observation.load is None
    assert evaluated(Inputs(usage, loads=Loads())).observation.load == Load(NOW, 0)
    busy = Inputs(usage, loads=Loads({"a": GatewayLoad(2.4, 2)}))
    assert evaluated(busy).observation.load == Load(NOW, 3, 2)


def test_what_gateways_count_reaches_the_decision() -> None:
    counts = GatewayLoad(2.4, 2, 7.0, 3.5, pods={"a-dlp-1-0": 4})
    inputs = Inputs(Samples({}), loads=Loads({"a": counts}))
    observation = evaluated(inputs).observation
    assert observation.load == Load(NOW, 3, 2, 7.0, 3.5)
    assert requests(observation) == [4, 0]


def test_what_a_silent_gateway_may_have_is_not_known() -> None:
    counts = GatewayLoad(2.4, 2, 7.0, 3.5, pods={"a-dlp-1-0": 4, "a-dlp-1-1": 0})
    inputs = Inputs(Samples({}), loads=Loads({"a": counts}, whole=False))
    observation = evaluated(inputs).observation
    assert observation.load == Load(NOW, 3, 2, 7.0, 3.5, whole=False)
    assert requests(observation) == [4, None]
    unknown = evaluated(Inputs(Samples({}), loads=Loads(whole=False))).observation
    assert unknown.load == Load(NOW, 0, whole=False)
    older = evaluated(Inputs(Samples({}), loads=Loads({"a": GatewayLoad(1)}))).observation
    assert requests(older) == [None, None]
