"""One request's life: admit, send, relay, count. The only file that knows the order of the steps.

The course is: `start` → a slot, at once or from the queue → a connection, from the pool or new →
`_send` → `answered` → `relay` → `complete`. What goes wrong with the pod, or takes too long, comes
in by `failures`; a client that leaves, by `client_gone`; and what the gateway answers
itself, by `refuse`. All of these leave by `end`, which gives everything up.
"""

from __future__ import annotations

from math import inf
from time import monotonic
from typing import TYPE_CHECKING

from gateway.dataplane import failures, pool, record, tunnel
from gateway.dataplane.connect import connect
from gateway.dataplane.upload import Upload
from gateway.protocol.framing import response_body
from gateway.protocol.ids import LINE
from gateway.protocol.reasons import Refusal
from gateway.routing import affinity, reply

if TYPE_CHECKING:
    import asyncio

    from gateway.dataplane.client import ClientConnection
    from gateway.dataplane.upstream import UpstreamConnection
    from gateway.protocol.responses import Answer
    from gateway.routing.reply import Reply
    from gateway.services.balancer import Backend
    from gateway.services.route import Request


class Exchange:
    """One request of one client. Attributes of the class are the usual course; instances set what
    differs, so that a plain request sets little."""

    backend: Backend | None = None
    """The pod whose slot this request holds."""
    upstream: UpstreamConnection | None = None
    connecting: asyncio.Task[None] | None = None
    upload: Upload | None = None
    """The request's body, unless all of it came with the head."""
    payload: bytes = b""
    """Body bytes that go with the head, kept for another try."""
    ids: bytes = b""
    """Lines of a fresh identity, when the client sent no request id."""
    waiting_since: float = 0.0
    queue_wait: float = 0.0
    tries: int = 0
    tried: tuple[Backend, ...] = ()
    sent: bool = False
    """Bytes of the request may have reached the pod."""
    stalled: bool = False
    """The pod does not take what is written to it."""
    reply: Reply | None = None
    first_byte: float = -1.0
    keep: bool = True
    """The client's connection is good for another request."""
    tunnel: bool = False
    half_closed: bool = False
    """One side of the tunnel sends no more; when the other does neither, all is over."""
    bytes_in: int = 0
    """Into the tunnel."""
    bytes_out: int = 0

    def __init__(self, client: ClientConnection, request: Request) -> None:
        self.client = client
        self.request = request
        plan = self.plan = request.plan
        self.route = plan.route
        self.started = monotonic()

    # -- the request

    def start(self, rest: bytes) -> None:
        """Begin; `rest` is what came after the head."""
        plan = self.plan
        request = self.request
        length = request.length
        if plan.chunked or length != len(rest):
            if not self._take_body(rest):
                return
        elif length:
            self.payload = rest
        if request.answer is not None:
            self._answer(request.answer)
            return
        backend = self.route.state.admission.acquire(self.started, plan.affinity)
        if backend is None:
            self._queue()
            return
        self.backend = backend
        self.dispatch(backend)

    def _take_body(self, rest: bytes) -> bool:
        """Begin a body that goes on, or hold what follows one; False when it is refused."""
        length = self.request.length
        if not length and not self.plan.chunked:
            self.client.hold(rest)
            return True
        self.upload = Upload(self, length, chunked=self.plan.chunked)
        return self.upload.feed(rest)

    def client_data(self, data: bytes) -> None:
        """More bytes of the client: of the body, of the tunnel, or of what follows."""
        upload = self.upload
        if self.tunnel:
            tunnel.forward(self, data)
        elif upload is not None and not upload.body.done:
            upload.feed(data)
        else:
            self.client.hold(data)

    # -- a slot and a connection

    def _queue(self) -> None:
        route = self.route
        limit = route.spec.timeouts.queue
        if limit and failures.unready_for(self) > limit:
            failures.refuse_waiting(self, limit)
            return
        if not route.state.admission.wait(self):
            self.refuse(Refusal("queue_full"))
            return
        self.waiting_since = monotonic()
        self._until(limit)

    def granted(self, backend: Backend, now: float) -> None:
        """A slot came free (see `admission.Waiter`)."""
        self._unqueued(now)
        self.backend = backend
        self.dispatch(backend)

    def dismissed(self, reason: str) -> None:
        """The service was stopped or deleted while this request waited."""
        self._unqueued(monotonic())
        self.refuse(Refusal(reason))

    def _unqueued(self, now: float) -> None:
        self.queue_wait = now - self.waiting_since
        self.waiting_since = 0.0
        self.route.state.stats.queue_wait.observe(self.queue_wait)

    def dispatch(self, backend: Backend, *, fresh: bool = False) -> None:
        self.tries += 1
        if not fresh:
            now = self.client.context.now
            upstream = pool.lease(backend, self.plan.repeatable, now)
            if upstream is not None:
                self._send(upstream)  # type: ignore[arg-type]  # the pool holds nothing else
                return
        self._until(self.route.spec.timeouts.connect)
        connect(self, backend)

    def connected(self, upstream: UpstreamConnection) -> None:
        """A new connection to the pod is open."""
        self.connecting = None
        self._send(upstream)

    def connect_failed(self, detail: str) -> None:
        """No connection to the pod could be opened."""
        self.connecting = None
        failures.failed(self, Refusal("connect_failed", detail))

    def _send(self, upstream: UpstreamConnection) -> None:
        request = self.request
        plan = self.plan
        client = self.client
        self.upstream = upstream
        upstream.exchange = self
        self.sent = True
        if request.request_id:
            ids = b"X-Request-Id: " + request.request_id + b"\r\n"
        else:
            ids = self.ids = self.ids or client.context.ids.fresh()
            if request.traced:
                ids = ids[:LINE]
        head = (request.head, client.forwarded, plan.tail, ids, b"\r\n", self.payload)
        transport = upstream.transport
        assert transport is not None  # as leased, or just made
        transport.write(b"".join(head))
        if self.upload is None:
            client.until(client.context.now + self.route.first_byte)
        else:
            self.upload.opened()

    def send_body(self, data: bytes) -> None:
        """Pass on more of the body, or of the tunnel."""
        if self.upstream is not None:
            self.upstream.write(data)

    def await_head(self) -> None:
        """All of the request is sent: the pod's time to answer begins."""
        if self.reply is None:
            self.client.until(self.client.context.now + self.route.first_byte)

    # -- the response

    def interim(self, answer: Reply, rest: bytes) -> bytes:
        """A 1xx head came; the answer is what of `rest` is still to be read as a head."""
        if answer.status == reply.SWITCHING:
            tunnel.begin(self, answer, rest)
            return b""
        if self.plan.minor:
            self.write(reply.interim(answer))
        if answer.status == reply.CONTINUE and self.upload is not None:
            self.upload.invited()
        return rest

    def answered(self, answer: Reply, rest: bytes) -> None:
        """The pod's head came: pass it on, and the body as far as it is here."""
        plan = self.plan
        client = self.client
        upload = self.upload
        self.reply = answer
        self.first_byte = monotonic()
        length = answer.length
        if (
            plan.usual
            and (answer.usual or not self.route.strips)
            and (upload is None or upload.body.done)
            and not client.context.draining
        ):
            head, ending = answer.block, b"\r\n"
        else:
            length = 0 if plan.head_only else length
            head, ending = reply.render(answer, plan), self._ending(length)
        if answer.named:
            name = b""
        else:
            name = self.ids[:LINE] or b"X-Request-Id: " + self.request.request_id + b"\r\n"
        if length == len(rest):
            whole = b"".join((head, name, ending, rest))
            self.bytes_out += len(whole)
            client.write(whole)
            self.complete(self.first_byte, True)
            return
        self.write(b"".join((head, name, ending)))
        self._begin_body(length, rest)

    def _begin_body(self, length: int, rest: bytes) -> None:
        body = response_body(length, modern=self.plan.minor == 1)
        if body.done:
            self.complete(self.first_byte, not rest)
            return
        client = self.client
        client.until(client.context.now + self.route.idle)
        if self.upstream is not None:
            if client.stalled:
                self.upstream.pause_reading()
            self.upstream.begin_body(body, rest)

    def _ending(self, length: int) -> bytes:
        """What ends the head when the connection may not go on, or a cookie is to be set."""
        plan = self.plan
        upload = self.upload
        early = upload is not None and not upload.body.done
        framed = length >= 0 or plan.minor == 1
        self.keep = plan.keep and framed and not early and not self.client.context.draining
        ending = b"\r\n" if plan.minor else b"Connection: keep-alive\r\n\r\n"
        if not self.keep:
            ending = b"Connection: close\r\n\r\n"
        backend = self.backend
        if backend is not None and self.route.spec.affinity and plan.affinity != backend.label:
            ending = affinity.line(backend.label, self.route.prefix) + ending
        return ending

    def relay(self, data: bytes) -> None:
        """Pass a piece of the response's body or of the tunnel on."""
        self.bytes_out += len(data)
        client = self.client
        client.write(data)
        if client.deadline != inf:
            client.until(client.context.now + self.route.idle)

    def write(self, data: bytes) -> None:
        self.bytes_out += len(data)
        self.client.write(data)

    def complete(self, now: float, clean: bool) -> None:
        """The response has been passed on to its last byte; `clean`: nothing came after it."""
        answer = self.reply
        backend = self.backend
        assert answer is not None
        assert backend is not None
        upload = self.upload
        uploaded = upload is None or upload.body.done
        if answer.status >= 500:
            failures.note(self, backend)
        else:
            backend.failures = 0
        record.count(self, answer.status, "", now)
        client = self.client
        upstream = self.upstream
        client.exchange = None
        clean = clean and answer.reusable and (upload is None or upload.taken)
        if upstream is not None and clean:
            self._give_back(client, upstream)
            self.route.state.admission.release(backend, now)
        else:
            self.end(now)
        if uploaded:
            client.finished(self.keep and self.plan.keep)
        else:
            client.linger()

    # -- back-pressure

    def upstream_stalls(self, *, stalled: bool) -> None:
        """The pod does not take what is written to it, or does again."""
        self.stalled = stalled
        if stalled:
            self.client.pause_reading()
        else:
            self.client.resume_reading()

    def client_stalls(self, *, stalled: bool) -> None:
        """The client does not read, or does again."""
        if self.upstream is not None:
            if stalled:
                self.upstream.pause_reading()
            else:
                self.upstream.resume_reading()

    def client_gone(self) -> None:
        """The client closed its connection: stop the pod's work at once."""
        status = 499 if self.reply is None else self.reply.status
        now = monotonic()
        record.count(self, status, "" if self.tunnel else "client_gone", now)
        self.end(now)

    def refuse(self, refusal: Refusal) -> None:
        """Answer in place of the pod; a pod's answer that has begun is cut off, so that the client
        sees that it is not whole."""
        if self.reply is not None:
            now = monotonic()
            record.count(self, self.reply.status, refusal.reason, now)
            self.end(now)
            self.client.abort()
        else:
            self._answer(refusal)

    def _answer(self, answer: Refusal | Answer) -> None:
        upload = self.upload
        if upload is not None and not upload.body.done:
            self.keep = False
        self.keep = self.keep and self.plan.keep and not self.client.context.draining
        self.write(record.rendered(self, answer))
        self.keep = self.keep and not answer.close
        now = monotonic()
        record.count(self, answer.status, answer.reason, now)
        self.end(now)
        if self.keep:
            self.client.finished(True)
        else:
            self.client.linger()

    # -- the end

    def _give_back(self, client: ClientConnection, upstream: UpstreamConnection) -> None:
        """The pod's connection is good for another exchange."""
        context = client.context
        upstream.exchange = upstream.body = None
        upstream.reused = True
        if client.stalled:
            upstream.resume_reading()
        pool.give_back(upstream, context.now, context.limits.upstream_idle_count)

    def end(self, now: float) -> None:
        """Leave the client, and give up what the exchange holds: place, connection, slot."""
        self.client.exchange = None
        if self.waiting_since:
            self.route.state.admission.leave(self)
            self._unqueued(now)
        task, self.connecting = self.connecting, None
        if task is not None:
            task.cancel()
        if self.stalled:
            self.client.resume_reading()
        upstream, self.upstream = self.upstream, None
        if upstream is not None:
            upstream.abort()
        backend, self.backend = self.backend, None
        if backend is not None:
            self.route.state.admission.release(backend, now)

    def _until(self, seconds: float) -> None:
        """Set the deadline of the phase; 0 is none."""
        self.client.until(self.client.context.now + (seconds or inf))
