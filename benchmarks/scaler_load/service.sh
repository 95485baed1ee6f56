# Answers one request at a time and holds its CPU at the limit, which the embedded cluster does not
# enforce: a request takes 20 ms, 4 of them CPU, so 50 a second are all of 200m. What comes meanwhile
# waits here, as at any server with one worker. It loads for as long as START says, at its limit.
exec python3 /dev/fd/3 3<<'PYTHON'
import asyncio
import os
import signal
import time

START, LIMIT, CPU, SECONDS = (
    float(os.environ[name]) for name in ("START", "LIMIT", "CPU", "SECONDS")
)
# Parsing and a late timer belong to the request after them, up to so much; the rest is lost.
CPU_CREDIT, TIME_CREDIT = 0.001, 0.005


def load():
    began = time.monotonic()
    while (passed := time.monotonic() - began) < START:
        if time.process_time() > LIMIT * passed:
            time.sleep(0.01)


class Connection(asyncio.Protocol):
    def __init__(self, queue):
        self.queue, self.data = queue, b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.data += data
        while (end := self.data.find(b"\r\n\r\n")) >= 0:
            head, self.data = self.data[:end], self.data[end + 4 :]
            if head.split(b" ", 2)[1].endswith(b"/work"):
                self.queue.put_nowait(self.transport)
            else:  # a probe
                answer(self.transport)


def answer(transport):
    transport.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n")


async def work(queue):
    burnt = end = 0.0
    while True:
        transport = await queue.get()
        if not transport.is_closing():
            end = max(end, time.monotonic() - TIME_CREDIT) + SECONDS
            burnt = max(burnt, time.process_time() - CPU_CREDIT) + CPU
            while time.process_time() < burnt:
                pass
            await asyncio.sleep(end - time.monotonic())
            answer(transport)
        queue.task_done()


async def main():
    queue, stop, loop = asyncio.Queue(), asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    host, port = os.environ["HOST"], int(os.environ["PORT"])
    server = await loop.create_server(lambda: Connection(queue), host, port, backlog=1024)
    worker = loop.create_task(work(queue))
    await stop.wait()
    server.close()
    await queue.join()
    worker.cancel()


load()
asyncio.run(main())
PYTHON
