"""Controllers: each brings what is nearer to what was asked for, through the verbs of the API."""
