"""The programs that are compared, each in the way its users configure it: one worker, a route by
prefix that is stripped, connections to the pods that are kept, no access log, HTTP/1.1 to the pods,
the common fields of forwarding (For, Proto, Host); and the same behind the service's password.
"""
