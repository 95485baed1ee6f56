"""What the client makes of what the readers wrote down."""

from __future__ import annotations

import ssl
import time
from typing import TYPE_CHECKING

import pytest

from shared.embedded.access.certificate import obtain
from shared.kube.configuration import Configuration

if TYPE_CHECKING:
    from pathlib import Path


async def test_without_a_token_a_request_carries_nothing() -> None:
    assert await Configuration().headers() == {}


async def test_a_token_is_brought_up_to_date_by_either_kind_of_hook() -> None:
    def renew(configuration: Configuration) -> None:
        configuration.api_key["BearerToken"] = "Bearer new\n"

    async def renew_later(configuration: Configuration) -> None:
        configuration.api_key["BearerToken"] = "Bearer newer"

    made = Configuration(api_key={"BearerToken": "Bearer old"})
    assert await made.headers() == {"authorization": "Bearer old"}
    made.refresh_api_key_hook = renew
    assert await made.headers() == {"authorization": "Bearer new"}
    made.refresh_api_key_hook = renew_later
    assert await made.headers() == {"authorization": "Bearer newer"}


def test_options_are_those_that_are_stated() -> None:
    assert Configuration().options == {}
    made = Configuration(proxy="http://proxy:3128", tls_server_name="api")
    assert made.options == {"proxy": "http://proxy:3128", "server_hostname": "api"}


def test_certificates_are_read_only_where_the_server_is_asked_by_tls(tmp_path: Path) -> None:
    assert Configuration(host="http://127.0.0.1:1", ssl_ca_cert="/missing").tls() is True
    with pytest.raises(FileNotFoundError):
        Configuration(host="https://127.0.0.1:1", ssl_ca_cert="/missing").tls()
    made = obtain(tmp_path / "pki", time.time())
    context = Configuration(host="https://a", ssl_ca_cert=str(made.authority)).tls()
    assert isinstance(context, ssl.SSLContext)
    assert len(context.get_ca_certs()) == 1
    assert context.check_hostname


def test_a_server_may_be_trusted_whoever_it_is() -> None:
    context = Configuration(host="https://a", verify_ssl=False).tls()
    assert isinstance(context, ssl.SSLContext)
    assert (context.check_hostname, context.verify_mode) == (False, ssl.CERT_NONE)
