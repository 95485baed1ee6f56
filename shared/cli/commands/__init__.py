"""The commands of `exposed`, a file each, or each small family."""
