"""The control loop that keeps the average CPU of exposed services at their threshold."""
