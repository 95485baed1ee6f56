#!/bin/sh
# Serves one page on $HOST:$PORT: with nginx where it is installed (as in its image), else with
# Python. `exec` hands SIGTERM to the server itself, so that it can finish its requests.
set -eu
HOST="${HOST:-0.0.0.0}"
PORT="${PORT:-80}"
PATH="$PATH:/usr/sbin"

work="$(mktemp -d)"
mkdir "$work/html"
cat > "$work/html/index.html" <<'HTML'
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Welcome to nginx!</title></head>
<body>
<h1>Welcome to nginx!</h1>
<p>This page comes from a pod of the exposed service <em>nginx</em>.</p>
</body>
</html>
HTML

if ! command -v nginx > /dev/null; then
    exec python3 -m http.server --bind "$HOST" --directory "$work/html" "$PORT"
fi

# Started as root, nginx would serve as a user who cannot read a folder of root's.
user=''
[ "$(id -u)" != 0 ] || user='user root;'

cat > "$work/nginx.conf" <<CONF
$user
daemon off;
worker_processes 1;
pid $work/nginx.pid;
error_log stderr;
events { worker_connections 1024; }
http {
    types { text/html html; }
    access_log off;
    client_body_temp_path $work/body;
    proxy_temp_path $work/proxy;
    fastcgi_temp_path $work/fastcgi;
    uwsgi_temp_path $work/uwsgi;
    scgi_temp_path $work/scgi;
    server {
        listen $HOST:$PORT;
        root $work/html;
    }
}
CONF
exec nginx -c "$work/nginx.conf" -e stderr
