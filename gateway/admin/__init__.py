"""The admin port: metrics, health, load, and a page for people."""
