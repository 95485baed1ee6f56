"""The schema of `expose.scaling`: checked where a service is applied, and used by the scaler.

What a field means is the scaler's own matter; here stands what may be written.
"""
