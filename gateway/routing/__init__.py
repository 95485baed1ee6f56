"""From a request's head to all that will be done with it, and from a pod's head to the client's."""
