"""What gateway and scaler have in common: the model, the cluster client, the embedded cluster."""
