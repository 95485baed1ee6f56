"""HTTP/1.1 as bytes in and values out: heads, bodies, headers, and our own answers."""
