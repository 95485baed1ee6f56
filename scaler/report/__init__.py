"""What the scaler tells: logs, Events, metrics, decisions, and explanations. It decides nothing."""
