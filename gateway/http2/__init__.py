"""HTTP/2 as bytes and values: frames, header blocks, windows, and what may be spent on them."""
