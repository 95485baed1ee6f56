"""Spans of requests, sent to a collector by OTLP: which are recorded, what they tell, and how."""
