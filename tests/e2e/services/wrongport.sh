# Listens where the definition does not say.
exec python3 -m http.server --bind "$HOST" 5999
