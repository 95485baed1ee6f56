"""Streams of kubectl exec, attach and port-forward: their framing, and what flows through them."""
