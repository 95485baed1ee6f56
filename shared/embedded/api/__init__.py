"""The rules of the API server: verbs, patches, ownership, lists, watches, garbage collection."""
