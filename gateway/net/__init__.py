"""Sockets, listeners, TLS, and deadlines."""
