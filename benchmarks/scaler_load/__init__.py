"""Scaling policies on real processes: one open-loop load, the HPA's rules beside our own."""
