"""A FastAPI application that knows nothing of traces: it is instrumented from outside."""

from fastapi import FastAPI

app = FastAPI()


@app.get("/hello")
async def hello() -> dict[str, str]:
    return {"hello": "world"}
