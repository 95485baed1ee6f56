"""The last step of an answer: indented for people who ask for that, or as YAML.

Called by the server for every answer; streams and answers that are no JSON pass as they are.
https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson
import yaml
from aiohttp import web

from shared.embedded.http import media

if TYPE_CHECKING:
    from aiohttp.web import StreamResponse

_METRICS: Final = "/apis/metrics.k8s.io/"
"""What metrics-server answers in a real cluster, which names the charset."""

_PEOPLE: Final = ("curl", "Wget", "Mozilla/5.0")
"""Programs that show what they get; they are given indented JSON, unless they say otherwise."""

_TRUE: Final = ("1", "t", "T", "true", "TRUE", "True")
_Dumper: Final = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def shown(request: web.Request, answer: StreamResponse) -> StreamResponse:
    """`answer` as its reader wants to see it."""
    if not isinstance(answer, web.Response) or answer.content_type != media.JSON:
        return answer
    if not isinstance(answer.body, bytes):
        return answer
    if request.path.startswith(_METRICS):
        answer.charset = "utf-8"
    if media.prefers_yaml(request.headers.get("Accept", "")):
        answer.body = as_yaml(answer.body)
        answer.content_type = media.YAML
    elif _wants_indents(request):
        answer.body = indented(answer.body)
    return answer


def as_yaml(body: bytes) -> bytes:
    """JSON as YAML, members in the order of their names."""
    text: str = yaml.dump(
        orjson.loads(body), Dumper=_Dumper, allow_unicode=True, width=2**31 - 1, sort_keys=True
    )
    return text.encode()


def indented(body: bytes) -> bytes:
    return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2)


def _wants_indents(request: web.Request) -> bool:
    asked = request.query.get("pretty")
    if asked:
        return asked in _TRUE
    return request.headers.get("User-Agent", "").startswith(_PEOPLE)
