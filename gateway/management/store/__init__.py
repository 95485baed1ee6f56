"""Services as the cluster holds them: what is read, and every write."""
