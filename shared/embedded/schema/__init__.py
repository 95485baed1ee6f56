"""What the kinds look like: shapes, defaults, selectors, encodings, descriptions for clients."""
