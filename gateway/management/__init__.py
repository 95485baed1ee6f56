"""The OSCAR-compatible services API, a process of its own."""
