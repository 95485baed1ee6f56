"""The peers' configurations: one worker, Basic auth, prefix stripped, forwarded fields, keep-alive
to the pods, counters on, no access log. Each is as cheap for its program as its manual allows: the
password of nginx and HAProxy is compared in clear, for Caddy (bcrypt on every request) it is a
comparison of the header.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

NAME: Final = "bench"
PREFIX: Final = f"/system/services/{NAME}/exposed"


def nginx(folder: Path, port: int, upstreams: list[str], token: str) -> list[str]:
    """Writes the configuration; the answer is the command."""
    servers = "".join(f"server {upstream} max_fails=0; " for upstream in upstreams)
    (folder / "users").write_text(f"{NAME}:{{PLAIN}}{token}\n")
    (folder / "nginx.conf").write_text(f"""
worker_processes 1;
worker_rlimit_nofile 65536;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log error;
events {{ worker_connections 30000; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  keepalive_timeout 75s;
  keepalive_requests 100000000;
  client_max_body_size 0;
  map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
  upstream pods {{
    random two least_conn; {servers}
    keepalive 256; keepalive_requests 100000000;
  }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location {PREFIX}/ {{
      auth_basic "exposed services";
      auth_basic_user_file {folder}/users;
      proxy_pass http://pods/;
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_max_temp_file_size 0;
      proxy_set_header Host $http_host;
      proxy_set_header Authorization "";
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Request-ID $request_id;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Prefix {PREFIX};
    }}
    location /metrics {{ stub_status; }}
  }}
}}
""")
    return ["nginx", "-c", f"{folder}/nginx.conf", "-p", str(folder)]


def haproxy(folder: Path, port: int, upstreams: list[str], token: str) -> list[str]:
    """Writes the configuration; the answer is the command."""
    servers = "\n".join(f"  server s{i} {where}" for i, where in enumerate(upstreams))
    (folder / "haproxy.cfg").write_text(f"""
global
  nbthread 1
  maxconn 30000
  no strict-limits
  unix-bind mode 600
  stats socket {folder}/haproxy.sock
defaults
  mode http
  timeout connect 2s
  timeout client 300s
  timeout server 300s
  timeout tunnel 1h
  option forwardfor
userlist users
  user {NAME} insecure-password {token}
frontend public
  bind 127.0.0.1:{port} backlog 4096
  http-request auth realm exposed unless {{ http_auth(users) }}
  http-request del-header Authorization
  http-request set-header X-Request-Id %[uuid]
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(Host)]
  http-request set-header X-Forwarded-Prefix {PREFIX}
  http-request replace-path {PREFIX}(/.*) \\1
  default_backend pods
backend pods
  balance random(2)
  http-reuse always
{servers}
""")
    return ["haproxy", "-db", "-f", f"{folder}/haproxy.cfg"]


def caddy(folder: Path, port: int, upstreams: list[str], authorization: str) -> list[str]:
    """Writes the configuration; the answer is the command."""
    (folder / "Caddyfile").write_text(f"""{{
  admin off
  auto_https off
  servers {{
    metrics
  }}
}}
http://127.0.0.1:{port} {{
  @stranger not header Authorization "{authorization}"
  respond @stranger 401
  handle_path {PREFIX}/* {{
    reverse_proxy {" ".join(upstreams)} {{
      lb_policy random_choose 2
      header_up -Authorization
      header_up X-Forwarded-Prefix {PREFIX}
      header_up X-Request-Id {{http.request.uuid}}
    }}
  }}
}}
""")
    return ["caddy", "run", "--config", f"{folder}/Caddyfile", "--adapter", "caddyfile"]
