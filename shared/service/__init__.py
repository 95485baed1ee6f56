"""What a service is: its definition as text and as checked values, and how a cluster holds it.

Pure throughout: nothing here waits, opens a file or speaks to a cluster.
"""
