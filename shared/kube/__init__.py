"""Client side of the Kubernetes API: the only way the project speaks to a cluster.

Used by the gateway, the services API and the scaler. It knows objects, not services.
"""
