"""Embedded cluster: a Kubernetes API server on loopback whose pods are local processes."""
