"""What there is to route to: services, their pods, their slots, and who gets a request."""
