"""The way of a request through the gateway, measured without sockets: Python calls and CPU."""
