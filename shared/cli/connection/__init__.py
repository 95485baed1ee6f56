"""Which services API is asked, with whose word: flags, environment, profiles, a local run."""
