"""The calls: HTTP in, HTTP out."""
