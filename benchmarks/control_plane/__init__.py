"""Our policy beside the real HorizontalPodAutoscaler, on a real control plane without containers.

etcd, API server, controllers and scheduler are Kubernetes' own; the node is our agent (`node`),
whose pods are processes of this machine.
"""
