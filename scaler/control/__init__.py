"""The control loop: observe, decide, write; and what it remembers and watches over."""
