"""Client side of the Kubernetes API: the only way the project speaks to a cluster."""
