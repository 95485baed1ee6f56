"""The HTTP face of the embedded cluster: paths, media types, verbs, streams."""
