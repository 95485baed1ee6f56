"""The gateway beside nginx, HAProxy, Caddy and a plain aiohttp proxy, measured in one run."""
