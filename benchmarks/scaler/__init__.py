"""What one tick of the scaler costs, by the number of services; `python -m benchmarks.scaler`."""
