"""What commands show of a service that runs: its description, its Events, its logs."""
