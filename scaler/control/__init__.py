"""The control loop: it observes, decides and writes. Who is told is a protocol."""
