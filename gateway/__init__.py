"""The reverse proxy that carries requests to the pods of exposed services."""
