"""A run of the whole system on this machine: its folder, its processes, its first services."""
