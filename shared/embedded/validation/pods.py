"""Rules for pods and pod templates (k8s.io/kubernetes/pkg/apis/core/validation). Pure."""

from __future__ import annotations

import json
from difflib import unified_diff
from typing import TYPE_CHECKING, Any, Final

from shared.embedded.validation import (
    addresses,
    checks,
    metadata,
    resources,
    scheduling,
    security,
    volumes,
)
from shared.embedded.validation.containers import Surroundings, containers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj

_RESTART_POLICIES: Final = ("Always", "OnFailure", "Never")
_DNS_POLICIES: Final = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_PREEMPTION: Final = ("PreemptLowerPriority", "Never")
_SYSTEMS: Final = ("linux", "windows")
_LARGEST: Final = 2**31 - 1
_MOST_NAME_SERVERS, _MOST_SEARCHES, _MOST_SEARCH_CHARACTERS = 3, 32, 2048
_SPACED: Final = "must not have leading or trailing whitespace"
_MUTABLE: Final = (
    "pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
    "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set "
    "to 1 if it was previously negative)"
)


def check(pod: Obj) -> Iterator[Cause]:
    yield from spec("spec", pod["spec"])
    for field in ("containers", "initContainers"):
        for index, container in enumerate(pod["spec"].get(field, [])):
            image = container.get("image", "")
            if image != image.strip():
                yield checks.invalid(f"spec.{field}[{index}].image", image, _SPACED)
    if pod["spec"].get("nodeName") and pod["spec"].get("schedulingGates"):
        why = "cannot be set until all schedulingGates have been cleared"
        yield checks.forbidden("spec.nodeName", why)


def template(at: str, given: Obj) -> Iterator[Cause]:
    """A pod template at the field path `at`; Kubernetes leaves `metadata` out of its paths."""
    yield from checks.labels(f"{at}.labels", given["metadata"].get("labels", {}))
    yield from metadata.annotation_map(
        f"{at}.annotations", given["metadata"].get("annotations", {})
    )
    yield from spec(f"{at}.spec", given["spec"])
    if given["spec"].get("ephemeralContainers"):
        why = "ephemeral containers not allowed in pod template"
        yield checks.forbidden(f"{at}.spec.ephemeralContainers", why)


def successor(old: Obj, new: Obj) -> Iterator[Cause]:
    before, after = old["spec"], new["spec"]
    if before == after:
        return
    for field in ("containers", "initContainers"):
        if len(before.get(field, [])) != len(after.get(field, [])):
            why = "pod updates may not add or remove containers"
            yield checks.forbidden(f"spec.{field}", why)
            return
    yield from _deadline(before.get("activeDeadlineSeconds"), after.get("activeDeadlineSeconds"))
    yield from _added_tolerations(before.get("tolerations", []), after.get("tolerations", []))
    was, wanted = _fixed(before, before), _fixed(after, before)
    if was != wanted:
        yield checks.forbidden("spec", f"{_MUTABLE}\n{_difference(was, wanted)}")


def status(_: Obj, new: Obj) -> Iterator[Cause]:
    """What a node agent may say of a pod."""
    given = new["status"]
    for index, condition in enumerate(given.get("conditions", [])):
        field = f"metadata.conditions[{index}].Type"
        yield from checks.qualified_name(field, condition.get("type", ""))
    for name, single in (("podIPs", None), ("hostIPs", "hostIP")):
        items = given.get(name, [])
        if single and items and items[0].get("ip") != given.get(single, ""):
            why = "must be equal to `hostIP`"
            yield checks.invalid(f"status.{name}[0].ip", items[0].get("ip", ""), why)
        for index, item in enumerate(items):
            yield from addresses.address(f"status.{name}[{index}]", item.get("ip", ""))


def spec(at: str, pod: Obj) -> Iterator[Cause]:
    """A pod spec at the field path `at`."""
    faults, sound = volumes.checked(f"{at}.volumes", pod.get("volumes", []))
    yield from faults
    around = Surroundings(
        sound,
        {claim.get("name") for claim in pod.get("resourceClaims", [])},
        pod["terminationGracePeriodSeconds"],
        own_users=pod.get("hostUsers") is False,
    )
    yield from containers(at, pod, around)
    if "resources" in pod:
        yield from resources.of_pod(f"{at}.resources", pod["resources"])
    if pod.get("hostNetwork"):
        yield from _host_ports(at, pod)
    yield from checks.one_of(f"{at}.restartPolicy", pod["restartPolicy"], _RESTART_POLICIES)
    yield from checks.one_of(f"{at}.dnsPolicy", pod["dnsPolicy"], _DNS_POLICIES)
    yield from checks.labels(f"{at}.nodeSelector", pod.get("nodeSelector", {}))
    yield from security.of_pod(f"{at}.securityContext", pod["securityContext"], pod)
    yield from scheduling.affinity(f"{at}.affinity", pod.get("affinity", {}))
    yield from _dns(f"{at}.dnsConfig", pod.get("dnsConfig"), pod["dnsPolicy"])
    yield from _gates(at, pod)
    yield from scheduling.spread(
        f"{at}.topologySpreadConstraints", pod.get("topologySpreadConstraints", [])
    )
    if pod.get("hostUsers") is False:
        for name, field in (("hostNetwork",) * 2, ("hostPID", "HostPID"), ("hostIPC", "HostIPC")):
            if pod.get(name):
                yield checks.forbidden(f"{at}.{field}", "when `pod.Spec.HostUsers` is false")
    yield from _names(at, pod)
    yield from _rest(at, pod)


def _names(at: str, pod: Obj) -> Iterator[Cause]:
    if pod.get("serviceAccountName"):
        yield from checks.subdomain(f"{at}.serviceAccountName", pod["serviceAccountName"])
    if pod.get("nodeName"):
        yield from checks.subdomain(f"{at}.nodeName", pod["nodeName"])
    seconds = pod.get("activeDeadlineSeconds")
    yield from checks.within(f"{at}.activeDeadlineSeconds", seconds, 1, _LARGEST)
    for name in ("hostname", "subdomain"):
        if pod.get(name):
            yield from checks.label(f"{at}.{name}", pod[name])


def _rest(at: str, pod: Obj) -> Iterator[Cause]:
    yield from scheduling.tolerations(f"{at}.tolerations", pod.get("tolerations", []))
    for index, alias in enumerate(pod.get("hostAliases", [])):
        field = f"{at}.hostAliases[{index}]"
        yield from addresses.address(f"{field}.ip", alias.get("ip", ""))
        for place, name in enumerate(alias.get("hostnames", [])):
            yield from checks.subdomain(f"{field}.hostnames[{place}]", name)
    if pod.get("priorityClassName"):
        yield from checks.subdomain(f"{at}.priorityClassName", pod["priorityClassName"])
    if "runtimeClassName" in pod:
        yield from checks.subdomain(f"{at}.runtimeClassName", pod["runtimeClassName"])
    if "preemptionPolicy" in pod:
        yield from checks.one_of(f"{at}.preemptionPolicy", pod["preemptionPolicy"], _PREEMPTION)
    if "overhead" in pod:
        yield from resources.of_container(f"{at}.overhead", {"limits": pod["overhead"]}, set())
    if "os" in pod:
        system = pod["os"].get("name", "")
        if not system:
            yield checks.required(f"{at}.os.name", "cannot be empty")
        elif system not in _SYSTEMS:
            yield checks.unsupported(f"{at}.os", system, _SYSTEMS)


def _host_ports(at: str, pod: Obj) -> Iterator[Cause]:
    for place, container in enumerate(pod.get("containers", [])):
        for index, port in enumerate(container.get("ports", [])):
            host = port.get("hostPort", 0)
            if host and host != port.get("containerPort"):
                field = f"{at}.containers[{place}].ports[{index}].hostPort"
                why = "must match `containerPort` when `hostNetwork` is true"
                yield checks.invalid(field, host, why)


def _dns(at: str, config: Obj | None, policy: str) -> Iterator[Cause]:
    servers = (config or {}).get("nameservers", [])
    if policy == "None" and config is None:
        yield checks.required(at, "must provide `dnsConfig` when `dnsPolicy` is None")
        return
    if policy == "None" and not servers:
        why = "must provide at least one DNS nameserver when `dnsPolicy` is None"
        yield checks.required(f"{at}.nameservers", why)
        return
    if config is None:
        return
    if len(servers) > _MOST_NAME_SERVERS:
        why = f"must not have more than {_MOST_NAME_SERVERS} nameservers"
        yield checks.invalid(f"{at}.nameservers", servers, why)
    for index, server in enumerate(servers):
        yield from addresses.address(f"{at}.nameservers[{index}]", server)
    yield from _searches(f"{at}.searches", config.get("searches", []))
    for index, option in enumerate(config.get("options", [])):
        if not option.get("name"):
            yield checks.required(f"{at}.options[{index}]", "must not be empty")


def _searches(at: str, searches: list[str]) -> Iterator[Cause]:
    if len(searches) > _MOST_SEARCHES:
        why = f"must not have more than {_MOST_SEARCHES} search paths"
        yield checks.invalid(at, searches, why)
    if len(" ".join(searches)) > _MOST_SEARCH_CHARACTERS:
        why = (
            f"must not have more than {_MOST_SEARCH_CHARACTERS} characters (including spaces) in "
            "the search list"
        )
        yield checks.invalid(at, searches, why)
    for index, search in enumerate(searches):
        if search != ".":
            plain = search.removesuffix(".").replace("_", "a")
            if any(checks.subdomain("", plain)):
                yield from checks.subdomain(f"{at}[{index}]", search.removesuffix("."))


def _gates(at: str, pod: Obj) -> Iterator[Cause]:
    for index, gate in enumerate(pod.get("readinessGates", [])):
        field = f"{at}.readinessGates[{index}].conditionType"
        yield from checks.qualified_name(field, gate.get("conditionType", ""))
    seen: set[Any] = set()
    for index, gate in enumerate(pod.get("schedulingGates", [])):
        field, name = f"{at}.schedulingGates[{index}]", gate.get("name", "")
        yield from checks.qualified_name(field, name)
        if name in seen:
            yield checks.duplicate(field, name)
        seen.add(name)


def _deadline(before: int | None, after: int | None) -> Iterator[Cause]:
    field = "spec.activeDeadlineSeconds"
    if before is None:
        return
    if after is None:
        yield checks.invalid(field, None, "must not update from a positive integer to nil value")
    elif after > before:
        yield checks.invalid(field, after, "must be less than or equal to previous value")


def _added_tolerations(before: list[Obj], after: list[Obj]) -> Iterator[Cause]:
    """Those that were there stay, but for their seconds."""
    kept = [_timeless(each) for each in after]
    if not all(_timeless(each) in kept for each in before):
        why = "existing toleration can not be modified except its tolerationSeconds"
        yield checks.forbidden("spec.tolerations", why)


def _timeless(toleration: Obj) -> Obj:
    return {key: value for key, value in toleration.items() if key != "tolerationSeconds"}


def _fixed(pod: Obj, old: Obj) -> Obj:
    """The part of a pod's spec that never changes; `old` is that of the pod that was there."""
    mutable = ["activeDeadlineSeconds", "tolerations"]
    if set(map(_name, pod.get("schedulingGates", []))) <= set(
        map(_name, old.get("schedulingGates", []))
    ):
        mutable.append("schedulingGates")
    if old["terminationGracePeriodSeconds"] < 0 and pod["terminationGracePeriodSeconds"] == 1:
        mutable.append("terminationGracePeriodSeconds")
    rest = {key: value for key, value in pod.items() if key not in mutable}
    for field in ("containers", "initContainers"):
        if field in pod:
            images = [each.get("image", "") for each in old.get(field, [])]
            rest[field] = [
                {**each, "image": image} for each, image in zip(pod[field], images, strict=True)
            ]
    return rest


def _name(item: Obj) -> Any:
    return item.get("name")


def _difference(before: Obj, after: Obj) -> str:
    """The changed lines of both, with three of their neighbours."""
    first, second = (
        json.dumps(each, indent=1, sort_keys=True).splitlines() for each in (before, after)
    )
    return "\n".join(list(unified_diff(first, second, lineterm=""))[2:])
