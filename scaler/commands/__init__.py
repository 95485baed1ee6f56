"""The scaler's commands, one a file; each is imported only when it is called."""
