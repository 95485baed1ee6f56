"""The rules of the API: verbs, patches, ownership, lists, watches, garbage collection. No HTTP."""
