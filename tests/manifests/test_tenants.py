"""The overlay `tenants` against the processes, with its rights and no others."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import yaml

import gateway.management.settings
import gateway.settings
import scaler.config.settings
from shared.kube.client import KubeClient
from shared.kube.resources import DEPLOYMENTS, Resource
from shared.runtime.ports import free_port
from shared.service import spaces
from tests.gateway.management.issuer import issuing
from tests.manifests.built import MANIFESTS, build, environment, pick
from tests.manifests.life import definition
from tests.manifests.processes import running, until_ready
from tests.manifests.rights import ACCOUNTS, grants
from tests.waiting import until

if TYPE_CHECKING:
    import pytest

    from shared.service.objects import Obj
    from tests.manifests.conftest import Recorder

RBAC = MANIFESTS / "components" / "tenants" / "rbac.yaml"
GROUP = "rbac.authorization.k8s.io"
ROLES = {
    "ClusterRole": Resource(GROUP, "v1", "clusterroles", "ClusterRole", namespaced=False),
    "ClusterRoleBinding": Resource(
        GROUP, "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced=False
    ),
}
ALICE = "alice@egi.eu"
HERS = spaces.candidates(ALICE)[0]
MAKES = {
    ("get", "", "namespaces"),
    ("list", "", "namespaces"),
    ("create", "", "namespaces"),
    ("create", GROUP, "rolebindings"),
    ("bind", GROUP, "clusterroles"),
}
"""What the services API may beyond the Roles of the base."""


def allowed(objects: list[Obj], account: str) -> set[tuple[str, str, str]]:
    """What the ClusterRoles of the overlay allow the account, and it has not in the base alone."""
    return {
        (verb, group, resource)
        for obj in objects
        if obj["kind"] == "ClusterRole" and obj["metadata"]["name"].endswith(account)
        for rule in obj["rules"]
        for verb in rule["verbs"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }


def test_the_overlay_allows_in_all_namespaces_what_the_base_allows_in_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = list(yaml.safe_load_all(RBAC.read_text()))
    elsewhere = {"leases", "nodes"}
    for account in ACCOUNTS:
        given = grants(build("base"), account)
        base = {each[1:4] for each in given if each.resource not in elsewhere}
        more = MAKES if account == "management" else set()
        assert allowed(objects, account) == base | more
    secret = [
        obj["metadata"]["name"]
        for obj in objects
        for rule in obj.get("rules", ())
        if "secrets" in rule["resources"]
    ]
    assert secret == ["oscar-tenant-management"]  # which is bound in owners' namespaces alone
    (rule,) = [
        rule for obj in objects for rule in obj.get("rules", ()) if rule["verbs"] == ["bind"]
    ]
    assert rule["resourceNames"] == ["oscar-tenant-management", "oscar-tenant-scaler"]


def test_one_overlay_tells_all_three(tmp_path: Path) -> None:
    overlay = build("overlays/tenants")
    assert gateway.settings.read(environment(overlay, "gateway")).spaces.per_owner
    assert scaler.config.settings.read(environment(overlay, "scaler")).spaces.per_owner
    (tmp_path / "credentials").write_text("admin:secret")
    given = environment(overlay, "management")
    given["MANAGEMENT_CREDENTIALS_FILE"] = str(tmp_path / "credentials")
    assert gateway.management.settings.read(given).spaces.per_owner


def test_admission_keeps_the_services_api_to_owners_namespaces() -> None:
    overlay = build("overlays/tenants")
    policy = pick(overlay, "ValidatingAdmissionPolicy", "oscar-tenants")["spec"]
    assert policy["failurePolicy"] == "Fail"
    assert '.startsWith("oscar-svc-")' in policy["validations"][0]["expression"]
    made = {
        name for rule in policy["matchConstraints"]["resourceRules"] for name in rule["resources"]
    }
    assert made == {resource for verb, _, resource in MAKES if verb == "create"}
    binding = pick(overlay, "ValidatingAdmissionPolicyBinding", "oscar-tenants")["spec"]
    assert binding == {"policyName": "oscar-tenants", "validationActions": ["Deny"]}


async def test_a_callers_service_is_made_routed_and_scaled(
    cluster_home: Path, recorder: Recorder, tmp_path: Path
) -> None:
    ports = {account: str(free_port()) for account in (*ACCOUNTS, "public")}
    async with AsyncExitStack() as stack:
        issuer = await stack.enter_async_context(issuing())
        kube = await stack.enter_async_context(
            KubeClient.open(field_manager="somebody", kubeconfig=str(cluster_home / "kubeconfig"))
        )
        for obj in yaml.safe_load_all(RBAC.read_text()):
            await kube.apply(ROLES[obj["kind"]], obj)
        for account in ACCOUNTS:
            config = yaml.safe_load((cluster_home / f"{account}.kubeconfig").read_text())
            config["clusters"][0]["cluster"] = {"server": recorder.url}
            (tmp_path / account).write_text(yaml.safe_dump(config))
        environs = _environs(ports, issuer.url)
        for account, (arguments, environ) in environs.items():
            path = str(tmp_path / account)
            await stack.enter_async_context(running(*arguments, KUBECONFIG=path, **environ))
        for account in ACCOUNTS:
            await until_ready(ports[account])
        now = int(time.time())
        session = await stack.enter_async_context(
            aiohttp.ClientSession(headers=issuer.bearer(ALICE, iat=now, exp=now + 600))
        )
        await _lived(session, ports, kube)
    assert recorder.refused == []


async def _lived(session: aiohttp.ClientSession, ports: dict[str, str], kube: KubeClient) -> None:
    url = f"http://127.0.0.1:{ports['management']}/system/services"
    body = {**definition(max_scale=2), "name": "hers"}
    async with session.post(url, json=body) as answer:
        assert answer.status == 201, await answer.text()

    async def replicas() -> Any:
        return (await kube.get(DEPLOYMENTS, "hers-dlp", HERS))["spec"]["replicas"]

    async def scaled() -> bool:
        return bool(await replicas() == 2)

    await until(scaled, "the scaler scales", 40, period=0.2)

    async def routed() -> bool:
        path = "/system/services/hers/exposed/"
        async with session.get(f"http://127.0.0.1:{ports['public']}{path}") as answer:
            return answer.status == 200

    await until(routed, "the gateway routes", 20, period=0.1)
    async with session.delete(f"{url}/hers") as answer:
        assert answer.status == 204


def _environs(ports: dict[str, str], issuer: str) -> dict[str, tuple[list[str], dict[str, str]]]:
    """Module and arguments, and the environment, of each process."""
    return {
        "management": (
            ["gateway.management"],
            {
                "MANAGEMENT_HOST": "127.0.0.1",
                "MANAGEMENT_PORT": ports["management"],
                "MANAGEMENT_USERNAME": "admin",
                "MANAGEMENT_PASSWORD": "secret",
                "MANAGEMENT_RECONCILE": "1",
                "MANAGEMENT_OIDC_ISSUERS": issuer,
                "MANAGEMENT_OIDC_AUDIENCES": "exposed",
                "MANAGEMENT_NAMESPACES": "per-owner",
            },
        ),
        "gateway": (
            ["gateway"],
            {
                "GATEWAY_HOST": "127.0.0.1",
                "GATEWAY_PORT": ports["public"],
                "GATEWAY_ADMIN_HOST": "127.0.0.1",
                "GATEWAY_ADMIN_PORT": ports["gateway"],
                "GATEWAY_DRAIN_GRACE": "0",
                "GATEWAY_NAMESPACES": "per-owner",
            },
        ),
        "scaler": (
            ["scaler", "run"],
            {
                "SCALER_HOST": "127.0.0.1",
                "SCALER_PORT": ports["scaler"],
                "SCALER_PERIOD": "1",
                "SCALER_NAMESPACES": "per-owner",
            },
        ),
    }
