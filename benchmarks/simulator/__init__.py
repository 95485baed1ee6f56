"""Scaling policies side by side in the simulator; see results.md."""
