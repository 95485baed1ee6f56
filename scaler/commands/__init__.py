"""The scaler's subcommands, one a file."""
