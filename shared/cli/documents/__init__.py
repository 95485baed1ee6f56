"""FDL files as people write them: read, checked, compared, and written again."""
