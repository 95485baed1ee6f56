# Does what a request asks for: `wait` (s), `burn` (s of CPU), `status`, `drop` (no answer at all).
exec python3 -IS /dev/fd/3 3<<'PYTHON'
import base64, hashlib, os, socket, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

ACCEPT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3


class App(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if "Sec-WebSocket-Key" in self.headers:
            return self.tunnel(self.headers["Sec-WebSocket-Key"].encode())
        asked = {name: float(text) for name, text in parse_qsl(urlsplit(self.path).query)}
        time.sleep(asked.get("wait", 0))
        end = time.thread_time() + asked.get("burn", 0)
        while time.thread_time() < end:
            pass
        if "drop" in asked:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(int(asked.get("status", 200)))
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"ok\n")

    do_POST = do_GET

    def tunnel(self, key):
        digest = base64.b64encode(hashlib.sha1(key + ACCEPT).digest()).decode()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", digest)
        self.end_headers()
        self.close_connection = True
        while (data := self.connection.recv(1024)) and data[0] & 15 != 8:
            pass
        self.wfile.write(b"\x88\x00")

    def log_message(self, *_):
        pass


ThreadingHTTPServer.request_queue_size = 128
ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), App).serve_forever()
PYTHON
