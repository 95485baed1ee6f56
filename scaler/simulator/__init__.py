"""Loads replayed against a model of a cluster, with the scaler's own decisions in virtual time."""
