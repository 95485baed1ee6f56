"""What the kinds look like: shapes, defaults, encodings, and their descriptions for clients."""
