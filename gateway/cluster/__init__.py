"""What the cluster says of services, as the gateway reads it."""
