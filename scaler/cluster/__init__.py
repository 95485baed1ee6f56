"""What the cluster's objects say of services."""
