"""Policy `responsive`: sooner up, more carefully down."""
