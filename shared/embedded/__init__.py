"""The embedded cluster: a Kubernetes API server on loopback whose pods are local processes.

Started by the local run, by tests and benchmarks; it knows no gateway, no scaler and no client.
"""
