"""What every process of ours needs to run: settings, log, clock, supervised tasks."""
