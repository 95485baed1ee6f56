"""HAProxy, as Debian builds it.

`option http-no-delay`: without it small pieces of an answer wait for more, which looks better in
CPU and holds tokens of a model back.
"""

from __future__ import annotations

from benchmarks.load.proxies.setup import LOCKED, OPEN, TOKEN, Setup, prefix, sha512_crypt


def command(setup: Setup) -> list[str]:
    """Writes the configuration; the answer is the command."""
    (setup.folder / "haproxy.cfg").write_text(_configuration(setup))
    return ["haproxy", "-db", "-f", f"{setup.folder}/haproxy.cfg"]


def check(setup: Setup) -> list[str]:
    """A command that fails if the configuration is not understood."""
    return [*command(setup), "-c", "-q"]


def _configuration(setup: Setup) -> str:
    servers = "\n".join(f"  server s{i} {where}" for i, where in enumerate(setup.pods))
    return f"""
global
  nbthread 1
  maxconn 30000
  no strict-limits
defaults
  mode http
  option http-no-delay
  option forwardfor
  timeout connect 2s
  timeout client 300s
  timeout server 300s
  timeout tunnel 1h
userlist users
  user {LOCKED} password {sha512_crypt(TOKEN)}
frontend public
  bind 127.0.0.1:{setup.port} backlog 4096
  bind 127.0.0.1:{setup.h2_port} backlog 4096 proto h2
  acl locked path_beg {prefix(LOCKED)}/
  http-request auth realm services if locked !{{ http_auth(users) }}
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(Host)]
  use_backend locked if locked
  default_backend open
backend open
  balance random(2)
  http-reuse always
  http-request replace-path {prefix(OPEN)}(/.*) \\1
{servers}
backend locked
  balance random(2)
  http-reuse always
  http-request del-header Authorization
  http-request replace-path {prefix(LOCKED)}(/.*) \\1
{servers}
"""
