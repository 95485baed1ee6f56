"""What kubectl makes itself, from flags alone: it sends all of these as protobuf."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.shared.embedded.kubectl.conftest import Kubectl

CREATED = (
    "configmap c --from-literal=a=1",
    "deployment d --image=local --replicas=0 --port=80 -- sleep 1",
    "ingress i --rule=a.example/x*=d:80,tls=t --class=k",
    "poddisruptionbudget p --selector=app=d --min-available=50%",
    "role r --verb=get --resource=pods",
    "rolebinding b --role=r --user=ann",
    "secret docker-registry k --docker-username=a --docker-password=b --docker-server=c",
    "service clusterip s --tcp=80:http",
    "service nodeport n --tcp=80 --node-port=0",
    "service externalname e --external-name=a.example",
    "service loadbalancer l --tcp=80",
    "serviceaccount a",
)


@pytest.mark.parametrize("line", CREATED)
def test_each_generator_of_kubectl_create_is_understood(shared_kubectl: Kubectl, line: str) -> None:
    assert shared_kubectl("create", *line.split()).endswith(" created\n")


def test_an_autoscaler_is_made_as_asked(kubectl: Kubectl) -> None:
    kubectl("create", "deployment", "d", "--image=local", "--replicas=0")
    kubectl("autoscale", "deployment", "d", "--min=2", "--max=5", "--cpu=80%")
    spec = kubectl.object("hpa", "d")["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 5)
    target = {"type": "Utilization", "averageUtilization": 80}
    assert spec["metrics"][0]["resource"] == {"name": "cpu", "target": target}


@pytest.mark.parametrize(
    "line", ["job j --image=local", "cronjob c --image=local --schedule=@daily"]
)
def test_what_is_not_served_is_said(shared_kubectl: Kubectl, line: str) -> None:
    assert "this embedded cluster has no " in shared_kubectl.fails("create", *line.split())
