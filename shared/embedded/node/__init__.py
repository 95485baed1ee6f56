"""The node agent of the embedded cluster: its pods are processes of this machine."""
