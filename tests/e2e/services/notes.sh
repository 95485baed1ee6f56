# Counts in its volume how often it was started, and serves what is there.
echo "$(( $(cat /data/starts 2>/dev/null || echo 0) + 1 ))" > /data/starts
exec python3 -m http.server "$PORT" --bind "$HOST" --directory /data
