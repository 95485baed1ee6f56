"""Where the objects are kept: in memory, and in a journal on disk."""
