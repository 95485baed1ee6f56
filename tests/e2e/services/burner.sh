# Burns CPU for as long as a request asks, and says which process answered.
echo "burner starts"
exec python3 /dev/fd/3 3<<'PYTHON'
import asyncio, os, time
from aiohttp import web


async def burn(request):
    end = time.process_time() + float(request.query.get("seconds", "0"))
    while time.process_time() < end:
        await asyncio.sleep(0)
    return web.json_response({"pid": os.getpid(), "pod": os.environ["POD_IP"], "path": request.path})


async def hang(request):
    await asyncio.sleep(600)


app = web.Application()
app.add_routes([web.post("/hang", hang), web.route("*", "/{rest:.*}", burn)])
web.run_app(app, host=os.environ["HOST"], port=int(os.environ["PORT"]), print=None, access_log=None)
PYTHON
