"""Rules for Ingresses and their classes. Pure.

Source: k8s.io/kubernetes/pkg/apis/networking/validation.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from shared.embedded.validation import addresses, checks
from shared.embedded.validation.network import balanced

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj

_CLASS: Final = "kubernetes.io/ingress.class"
_PATH_TYPES: Final = ("Exact", "ImplementationSpecific", "Prefix")
_BAD_PARTS: Final = ("//", "/./", "/../", "%2f", "%2F")
_BAD_ENDS: Final = ("/..", "/.")
_LONGEST_CONTROLLER: Final = 250
_PATH: Final = r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+"
_SCOPES: Final = ("Cluster", "Namespace")


def ingress(obj: Obj) -> Iterator[Cause]:
    spec = obj["spec"]
    if not spec.get("rules") and "defaultBackend" not in spec:
        why = "either `defaultBackend` or `rules` must be specified"
        yield checks.invalid("spec", spec.get("rules"), why)
    if "defaultBackend" in spec:
        yield from _backend("spec.defaultBackend", spec["defaultBackend"])
    for index, rule in enumerate(spec.get("rules", [])):
        yield from _rule(f"spec.rules[{index}]", rule)
    for index, tls in enumerate(spec.get("tls", [])):
        yield from _tls(f"spec.tls[{index}]", tls)
    if "ingressClassName" in spec:
        yield from checks.subdomain("spec.ingressClassName", spec["ingressClassName"])
    old = obj["metadata"].get("annotations", {}).get(_CLASS)
    if old is not None and spec.get("ingressClassName", old) != old:
        why = "must match `ingressClassName` when both are specified"
        yield checks.invalid(f"annotations.{_CLASS}", old, why)


def status(_: Obj, new: Obj) -> Iterator[Cause]:
    given = new["status"].get("loadBalancer", {}).get("ingress", [])
    yield from balanced("status.loadBalancer.ingress", given)


def ingress_class(obj: Obj) -> Iterator[Cause]:
    spec = obj.get("spec", {})
    controller = spec.get("controller", "")
    if not controller:
        yield checks.required("spec.controller")
    else:
        if len(controller) > _LONGEST_CONTROLLER:
            yield checks.too_long("spec.controller", _LONGEST_CONTROLLER)
        yield from _domain_path("spec.controller", controller)
    if "parameters" in spec:
        yield from _parameters("spec.parameters", spec["parameters"])


def same_controller(old: Obj, new: Obj) -> Iterator[Cause]:
    before, after = (obj.get("spec", {}).get("controller", "") for obj in (old, new))
    if before != after:
        yield checks.immutable("spec.controller", after)


def _rule(at: str, rule: Obj) -> Iterator[Cause]:
    host = rule.get("host", "")
    if host and addresses.parsed(host):
        yield checks.invalid(f"{at}.host", host, "must be a DNS name, not an IP address")
    if host:
        yield from _host(f"{at}.host", host)
    if "http" not in rule:
        return
    paths = rule["http"].get("paths", [])
    if not paths:
        yield checks.required(f"{at}.http.paths")
    for index, path in enumerate(paths):
        yield from _path(f"{at}.http.paths[{index}]", path)


def _host(at: str, host: str) -> Iterator[Cause]:
    yield from checks.wildcard(at, host) if "*" in host else checks.subdomain(at, host)


def _path(at: str, given: Obj) -> Iterator[Cause]:
    kind, path = given.get("pathType"), given.get("path", "")
    if kind is None:
        yield checks.required(f"{at}.pathType", "pathType must be specified")
        return
    if kind not in _PATH_TYPES:
        yield checks.unsupported(f"{at}.pathType", kind, _PATH_TYPES)
    else:
        exact = kind != "ImplementationSpecific"
        if (path or exact) and not path.startswith("/"):
            yield checks.invalid(f"{at}.path", path, "must be an absolute path")
        for part in _BAD_PARTS if exact else ():
            if part in path:
                yield checks.invalid(f"{at}.path", path, f"must not contain '{part}'")
        for end in _BAD_ENDS if exact else ():
            if path.endswith(end):
                yield checks.invalid(f"{at}.path", path, f"cannot end with '{end}'")
    yield from _backend(f"{at}.backend", given.get("backend", {}))


def _backend(at: str, backend: Obj) -> Iterator[Cause]:
    if "resource" in backend and "service" in backend:
        yield checks.invalid(at, "", "cannot set both resource and service backends")
    elif "resource" in backend:
        yield from _typed(f"{at}.resource", backend["resource"])
    elif "service" in backend:
        yield from _service(at, backend["service"])
    else:
        yield checks.invalid(at, "", "resource or service backend is required")


def _service(at: str, service: Obj) -> Iterator[Cause]:
    if not service.get("name"):
        yield checks.required(f"{at}.service.name")
    else:
        yield from checks.label(f"{at}.service.name", service["name"])
    name, number = (service.get("port", {}).get(field) for field in ("name", "number"))
    if name and number:
        yield checks.invalid(at, "", "cannot set both port name & port number")
    elif name:
        yield from checks.port_name(f"{at}.service.port.name", name)
    elif number:
        yield from checks.port(f"{at}.service.port.number", number)
    else:
        yield checks.required(at, "port name or number is required")


def _typed(at: str, reference: Obj) -> Iterator[Cause]:
    if "apiGroup" in reference:
        yield from checks.subdomain(f"{at}.apiGroup", reference["apiGroup"])
    for name in ("kind", "name"):
        if not reference.get(name):
            yield checks.required(f"{at}.{name}")
        else:
            yield from checks.path_segment(f"{at}.{name}", reference[name])


def _tls(at: str, tls: Obj) -> Iterator[Cause]:
    for index, host in enumerate(tls.get("hosts", [])):
        yield from _host(f"{at}.hosts[{index}]", host)
    if tls.get("secretName"):
        yield from checks.subdomain(f"{at}.secretName", tls["secretName"])


def _domain_path(at: str, text: str) -> Iterator[Cause]:
    host, slash, path = text.partition("/")
    if not (host and slash and path):
        why = 'must be a domain-prefixed path (such as "acme.io/foo")'
        yield checks.invalid(at, text, why)
        return
    yield from checks.subdomain(at, host)
    if not re.fullmatch(_PATH, path):
        yield checks.invalid(at, path, f"Invalid path (regex used for validation is '{_PATH}')")


def _parameters(at: str, given: Obj) -> Iterator[Cause]:
    yield from _typed(at, given)
    scope = given.get("scope", "Cluster")
    if scope not in _SCOPES:
        yield checks.unsupported(f"{at}.scope", scope, _SCOPES)
    elif scope == "Cluster":
        if "namespace" in given:
            yield checks.forbidden(f"{at}.namespace", "`parameters.scope` is set to 'Cluster'")
    elif "namespace" not in given:
        yield checks.required(f"{at}.namespace", "`parameters.scope` is set to 'Namespace'")
    else:
        yield from checks.label(f"{at}.namespace", given["namespace"])
