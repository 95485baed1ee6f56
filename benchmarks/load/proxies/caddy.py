"""Caddy, from PyPI."""

from __future__ import annotations

import subprocess

from benchmarks.load.proxies.setup import LOCKED, OPEN, TOKEN, Setup, prefix


def command(setup: Setup) -> list[str]:
    """Writes the configuration; the answer is the command."""
    (setup.folder / "Caddyfile").write_text(_configuration(setup))
    file = f"{setup.folder}/Caddyfile"
    return [setup.program("caddy"), "run", "--config", file, "--adapter", "caddyfile"]


def check(setup: Setup) -> list[str]:
    """A command that fails if the configuration is not understood."""
    program, _, *options = command(setup)
    return [program, "validate", *options]


def _configuration(setup: Setup) -> str:
    """Passwords by bcrypt, which is its default."""
    hashed = [setup.program("caddy"), "hash-password", "--plaintext", TOKEN]
    secret = subprocess.run(hashed, capture_output=True, text=True, check=True).stdout.strip()
    proxy = f"""reverse_proxy {" ".join(setup.pods)} {{
      lb_policy random_choose 2
      transport http {{
        keepalive_idle_conns_per_host 256
      }}
    }}"""
    return f"""{{
  admin off
  auto_https off
  persist_config off
  log {{
    level ERROR
  }}
  servers {{
    protocols h1 h2c
  }}
}}
http://:{setup.port} {{
  bind 127.0.0.1
  handle_path {prefix(OPEN)}/* {{
    {proxy}
  }}
  handle_path {prefix(LOCKED)}/* {{
    basic_auth {{
      {LOCKED} {secret}
    }}
    request_header -Authorization
    {proxy}
  }}
}}
"""
