"""What a service is: its definition as text and as checked values. Pure."""
