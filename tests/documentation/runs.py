"""Which commands of the documents a test runs for real, and why the others are not run.

`NOT_RUN` has the reasons, by a pattern for the whole line; `RUN` the tests. The first that fits
counts. All are asked of their programs besides (`tests/documentation/accepted.py`).
"""

from __future__ import annotations

import re
from typing import Final

WALK: Final = "tests/operations/test_documentation.py"
INSTALL: Final = "tests/operations/test_install.py"
RUNBOOKS: Final = "tests/operations/test_runbooks.py"

NOT_RUN: Final = (
    (r"docker .*", "no container engine can be had where tests run"),
    (r"oscar-cli .*", "a program in Go that no registry of packages has"),
    (r"kubectl .*(GATEWAY_TRACES|tracing|jaeger).*", "a collector that is an image of others"),
    (r"kubectl .*(certificate|servicemonitor|apiservice).*", "kinds of others' programs"),
    (r"kubectl exec .*localhost.*", "pods of the embedded cluster share the machine's addresses"),
    (r"kubectl port-forward .*", "goes on for ever; tests/shared/embedded/streaming tries it"),
    (r"kubectl create configmap exposed-services-rules .*", "a Prometheus without an operator"),
    (r"curl .*prometheus\.monitoring.*", "an operator's own Prometheus"),
    (r"python -m scaler simulate --load load\.json .*", "a load of that Prometheus"),
    (r"\.venv/bin/python -m pytest .*", "a test that ran tests would run itself"),
    (r"\.venv/bin/python -m benchmarks\..*", "takes minutes; its parts have tests/benchmarks"),
    (r"MANAGEMENT_OIDC_\w+=.*", "settings, which tests/gateway/management/access reads"),
)
RUN: Final = (
    (r"make (test|lint|format)\b.*", ".ci/run"),
    (r"make docs", "tests/documentation/test_site.py"),
    (r"make dashboards", "tests/manifests/test_dashboards.py"),
    (r"kubectl (create|label) configmap .*dashboards.*", "tests/manifests/test_dashboards.py"),
    (r"promtool check rules .*", "tests/documentation/test_commands.py"),
    (r"(EXPOSED_\w+=\S+ )?make local", "tests/e2e/test_local.py"),
    (r"\.venv/bin/exposed local .*", "tests/e2e"),
    (r"curl -u \"ocr:.*", WALK),
    (r"export (KUBECONFIG|SERVICE|TOKEN|EXPOSED_ENDPOINT)=.*", WALK),
    (r"\.venv/bin/(exposed load|kubectl get pods|python -m scaler explain) .*", WALK),
    (r"curl -(H|u|N) .*\$SERVICE.*", WALK),
    (r"kubectl get configmaps,secrets .*", WALK),
    (r"jq .*", WALK),
    (r"exposed token .*", WALK),
    (r"\.venv/bin/python -m scaler simulate .*", WALK),
    (r"python -m scaler check-config .*", WALK),
    (r"kubectl apply -[fk] manifests/(base/namespaces|credentials|overlays/single-node).*", WALK),
    (r"kubectl (apply|delete|diff) -[fk] manifests/.*", "tests/manifests"),
    (r"(printf|sha256sum) .*manifests/credentials.*", INSTALL),
    (r"kubectl (delete deployments,services|get all,networkpolicies).*", INSTALL),
    (r"kubectl get deployments,pods,poddisruptionbudgets -n oscar", INSTALL),
    (r"kubectl rollout status .*", INSTALL),
    (r"kubectl auth can-i --list .*", "tests/manifests/test_rights_document.py"),
    (r"kubectl (get|describe|top|auth|exec|logs|scale|rollout) .*", RUNBOOKS),
    (r"exposed (list|describe|events|logs|get) ?.*", RUNBOOKS),
    (r"exposed (adopt|delete|apply|open) .*", "tests/shared/cli/commands"),
    (r".*exposed completion .*", "tests/shared/cli"),
)


def fate(line: str) -> str:
    """The test that runs a command, or the reason why none does; empty if neither is known."""
    found = (what for pattern, what in NOT_RUN + RUN if re.fullmatch(pattern, line))
    return next(found, "")
