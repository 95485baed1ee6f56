"""What the gateway, the services API and the scaler share, and what runs all of it locally.

`service` (what a service is) and `runtime` (what a process needs) know nothing of each other;
`kube` is the client of the cluster, `embedded` a cluster of its own, `cli` the command line.
"""
