"""How much the gateway and the scaler add to the start of a pod that a request wakes."""
