"""The console: what people see of the gateway on its admin port, live."""
