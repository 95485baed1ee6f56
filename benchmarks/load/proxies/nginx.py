"""nginx, as Debian builds it."""

from __future__ import annotations

from benchmarks.load.proxies.setup import LOCKED, OPEN, TOKEN, Setup, apr1, prefix

_LOCATION = """
    location {prefix}/ {{
      {auth}
      proxy_pass http://pods/;
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_max_temp_file_size 0;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
    }}"""


def command(setup: Setup) -> list[str]:
    """Writes the configuration; the answer is the command."""
    folder = setup.folder
    (folder / "users").write_text(f"{LOCKED}:{apr1(TOKEN)}\n")
    (folder / "nginx.conf").write_text(_configuration(setup))
    return ["nginx", "-c", f"{folder}/nginx.conf", "-p", str(folder)]


def check(setup: Setup) -> list[str]:
    """A command that fails if the configuration is not understood."""
    return [*command(setup), "-t", "-q"]


def _configuration(setup: Setup) -> str:
    servers = "".join(f"server {pod} max_fails=0; " for pod in setup.pods)
    auth = f'auth_basic "services"; auth_basic_user_file {setup.folder}/users;'
    auth += ' proxy_set_header Authorization "";'
    locations = _LOCATION.format(prefix=prefix(OPEN), auth="")
    locations += _LOCATION.format(prefix=prefix(LOCKED), auth=auth)
    temporary = "".join(
        f"{name}_temp_path {setup.folder}/{name}; "
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""
worker_processes 1;
worker_rlimit_nofile 65536;
daemon off;
pid {setup.folder}/nginx.pid;
error_log {setup.folder}/nginx.log error;
events {{ worker_connections 30000; }}
http {{
  access_log off;
  {temporary}
  keepalive_requests 100000000;
  client_max_body_size 0;
  map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
  upstream pods {{
    random two least_conn; {servers}
    keepalive 256; keepalive_requests 100000000;
  }}
  server {{
    listen 127.0.0.1:{setup.port} backlog=4096;
    listen 127.0.0.1:{setup.h2_port} http2 backlog=4096;
    {locations}
  }}
}}
"""
