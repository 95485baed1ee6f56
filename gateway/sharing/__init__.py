"""What the workers of one gateway share: numbers in memory, locks on them, and bells."""
