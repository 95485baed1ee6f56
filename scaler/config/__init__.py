"""What an operator sets: the configuration file, a service's `scaling`, and the environment."""
