"""Requests on their way: client connections, pod connections, and the exchange between them."""
