"""Where usage and load come from: one protocol, one file a source."""
