"""The hash of a pod template, which names its ReplicaSet and labels its pods. Pure.

Source: `k8s.io/apimachinery/pkg/util/rand`: vowels and look-alikes are left out, so that no word
and no misreading arises.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.service.objects import Obj

ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


def template_hash(template: Obj, collisions: int = 0) -> str:
    """The value of the label `pod-template-hash` of a pod template.

    FNV-1a over canonical JSON, in Kubernetes' alphabet. Kubernetes hashes a Go dump, so the values
    differ from a real cluster's; only their stability matters.
    """
    text = json.dumps(template, sort_keys=True, separators=(",", ":"))
    if collisions:
        text += str(collisions)
    digest = 0x811C9DC5
    for byte in text.encode():
        digest = ((digest ^ byte) * 0x01000193) & 0xFFFFFFFF
    return "".join(ALPHABET[int(digit) % len(ALPHABET)] for digit in str(digest))
