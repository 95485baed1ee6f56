"""What the services API says: services, states, logs."""
