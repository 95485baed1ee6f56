"""A service as Kubernetes objects. Pure: it asks no cluster."""
