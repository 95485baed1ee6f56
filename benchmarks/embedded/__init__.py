"""What changes of a large cluster cost the embedded API server and a gateway that watches it."""
