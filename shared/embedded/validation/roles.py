"""Rules for roles and their bindings (k8s.io/kubernetes/pkg/apis/rbac/validation). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from shared.embedded.validation import checks
from shared.embedded.validation.label_selectors import label_selector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj

_GROUP: Final = "rbac.authorization.k8s.io"


def role(obj: Obj) -> Iterator[Cause]:
    yield from _rules(obj, namespaced=True)


def cluster_role(obj: Obj) -> Iterator[Cause]:
    yield from _rules(obj, namespaced=False)
    for index, each in enumerate(obj.get("aggregationRule", {}).get("clusterRoleSelectors", [])):
        yield from label_selector(f"aggregationRule.clusterRoleSelectors[{index}]", each)


def role_binding(obj: Obj) -> Iterator[Cause]:
    yield from _binding(obj, ("Role", "ClusterRole"), namespaced=True)


def cluster_role_binding(obj: Obj) -> Iterator[Cause]:
    yield from _binding(obj, ("ClusterRole",), namespaced=False)


def same_role(old: Obj, new: Obj) -> Iterator[Cause]:
    if old["roleRef"] != new.get("roleRef"):
        shown = checks.struct(new.get("roleRef", {}), ("Kind", "Name"))
        group = new.get("roleRef", {}).get("apiGroup")
        yield checks.invalid("roleRef", {"APIGroup": group, **shown}, "cannot change roleRef")


def _rules(obj: Obj, *, namespaced: bool) -> Iterator[Cause]:
    for index, rule in enumerate(obj["rules"] or []):
        at = f"rules[{index}]"
        if not rule.get("verbs"):
            yield checks.required(f"{at}.verbs", "verbs must contain at least one value")
        if rule.get("nonResourceURLs"):
            yield from _paths(f"{at}.nonResourceURLs", rule, namespaced=namespaced)
        else:
            yield from _resources(at, rule)


def _paths(at: str, rule: Obj, *, namespaced: bool) -> Iterator[Cause]:
    paths = rule["nonResourceURLs"]
    if namespaced:
        why = "namespaced rules cannot apply to non-resource URLs"
        yield checks.invalid(at, paths, why)
    if rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
        why = "rules cannot apply to both regular resources and non-resource URLs"
        yield checks.invalid(at, paths, why)


def _resources(at: str, rule: Obj) -> Iterator[Cause]:
    if not rule.get("apiGroups"):
        why = "resource rules must supply at least one api group"
        yield checks.required(f"{at}.apiGroups", why)
    if not rule.get("resources"):
        why = "resource rules must supply at least one resource"
        yield checks.required(f"{at}.resources", why)


def _binding(obj: Obj, kinds: tuple[str, ...], *, namespaced: bool) -> Iterator[Cause]:
    reference = obj.get("roleRef", {})
    if reference.get("apiGroup", "") != _GROUP:
        yield checks.unsupported("roleRef.apiGroup", reference.get("apiGroup", ""), (_GROUP,))
    if reference.get("kind", "") not in kinds:
        yield checks.unsupported("roleRef.kind", reference.get("kind", ""), kinds)
    if not reference.get("name"):
        yield checks.required("roleRef.name")
    else:
        yield from checks.path_segment("roleRef.name", reference["name"])
    for index, subject in enumerate(obj.get("subjects", [])):
        yield from _subject(f"subjects[{index}]", subject, namespaced=namespaced)


def _subject(at: str, subject: Obj, *, namespaced: bool) -> Iterator[Cause]:
    name, kind, group = (subject.get(field, "") for field in ("name", "kind", "apiGroup"))
    if not name:
        yield checks.required(f"{at}.name")
    if kind == "ServiceAccount":
        if name:
            yield from checks.subdomain(f"{at}.name", name)
        if group:
            yield checks.unsupported(f"{at}.apiGroup", group, ("",))
        if not namespaced and not subject.get("namespace"):
            yield checks.required(f"{at}.namespace")
    elif kind in ("User", "Group"):
        yield from _outsider(at, name, kind, group)
    else:
        yield checks.unsupported(f"{at}.kind", kind, ("ServiceAccount", "User", "Group"))


def _outsider(at: str, name: Any, kind: str, group: Any) -> Iterator[Cause]:
    if not name:
        yield checks.invalid(f"{at}.name", name, f"{kind.lower()} name cannot be empty")
    if group != _GROUP:
        yield checks.unsupported(f"{at}.apiGroup", group, (_GROUP,))
