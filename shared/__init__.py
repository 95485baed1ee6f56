"""What the gateway and the scaler have in common: the model, the cluster client, the embedded cluster."""
