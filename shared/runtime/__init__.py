"""What every process of ours needs to run: settings, log, clock, signals, supervised tasks.

It knows nothing of services or of Kubernetes.
"""
