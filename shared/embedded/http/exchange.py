"""One request with all that its handler needs to know of it, and its body read.

Made by the server once the request is authorized; handed to verbs, watches, logs and subresources.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from aiohttp import web

from shared.embedded import declarations
from shared.embedded.errors import bad_request, too_large
from shared.embedded.http import media, options
from shared.embedded.schema import decoding, parsing, protobuf, strictness

if TYPE_CHECKING:
    from multidict import MultiMapping

    from shared.embedded.access.rbac import User
    from shared.embedded.api.field_validation import FieldValidation
    from shared.embedded.api.patching import PatchType
    from shared.embedded.http.media import Form
    from shared.embedded.http.target import Target
    from shared.embedded.kinds import Kind
    from shared.service.objects import Obj

LARGEST_BODY = 3 * 1024 * 1024
"""Bytes; the limit of kube-apiserver."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request to a resource, and how to answer it."""

    request: web.Request
    target: Target
    kind: Kind
    user: User

    @property
    def query(self) -> MultiMapping[str]:
        return self.request.query

    @property
    def user_agent(self) -> str:
        return self.request.headers.get("User-Agent", "")

    @property
    def form(self) -> Form:
        streams = self.target.verb == "watch"
        return media.accepted(self.request.headers.get("Accept", ""), streams=streams).form

    @property
    def include(self) -> str:
        """includeObject, which only Tables have; raises 400."""
        return options.included(self.query) if self.form == "table" else ""

    async def body(self) -> bytes:
        """The whole body; raises 413."""
        try:
            return await self.request.read()
        except web.HTTPRequestEntityTooLarge as error:
            raise too_large(LARGEST_BODY) from error

    async def object(self, kind: Kind, fields: FieldValidation) -> Obj:
        """The body as an object of `kind`; raises 400, 413 or 415."""
        declared = declarations.of(kind)
        if self._is_protobuf():
            value = self._from_protobuf(await self.body())
            return decoding.typed(value, kind, declared.schema)
        yaml_body = media.is_yaml(self.request.headers.get("Content-Type", ""))
        obj = decoding.decode(
            await self.body(), kind, declared.schema, yaml_body=yaml_body, strict=fields.found
        )
        fields.check(kind)
        return obj

    async def plain(self) -> Obj:
        """The body as an object that is not stored (a Scale, a Binding, options); may be empty."""
        body = await self.body()
        if not body:
            return {}
        if self._is_protobuf():
            return self._from_protobuf(body)
        yaml_body = media.is_yaml(self.request.headers.get("Content-Type", ""))
        try:
            value = parsing.parse_yaml(body) if yaml_body else parsing.parse_json(body)
        except ValueError as error:
            raise bad_request(f"the body cannot be read: {error}") from error
        if not isinstance(value, dict):
            raise bad_request("the body is not an object")
        return cast("Obj", value)

    async def patch(self, patch_type: PatchType, fields: FieldValidation) -> Any:
        """The body as a patch; raises 400."""
        body = await self.body()
        applied = patch_type == "apply"
        try:
            value = parsing.parse_yaml(body) if applied else parsing.parse_json(body)
        except ValueError as error:
            what = "YAML" if applied else "patch"
            raise bad_request(f"error decoding {what}: {error}") from error
        fields.found += strictness.of_patch(body, value, patch_type)
        if applied and fields.directive == "Strict" and fields.found:
            raise bad_request(f"error strict decoding YAML: {fields.found[0]}")
        return value

    def _is_protobuf(self) -> bool:
        return self.request.content_type == protobuf.MEDIA_TYPE

    def _from_protobuf(self, body: bytes) -> Obj:
        try:
            return protobuf.decode(body)
        except ValueError as error:
            raise bad_request(f"the body cannot be read: {error}") from error


def json_response(body: bytes, status: int = 200) -> web.Response:
    return web.Response(body=body, status=status, content_type=media.JSON)
