"""Controllers of the embedded cluster: they move what is towards what was asked for."""
