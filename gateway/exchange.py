"""One request's life: admit, send, relay, count. The only file that knows the order of the steps.

The course is: `start` → a slot at once or in the queue → a connection from the pool or a new one →
`_send` → the pod's head and body → `_complete`. Everything that can go wrong ends in one of
`_failed` (the pod), `client_gone`, `expired` (a time-out) or `_refuse`.
"""

from __future__ import annotations

import time
from math import inf
from typing import TYPE_CHECKING, cast

from gateway import plan as plans
from gateway import pool, reply, retry
from gateway.access_log import Entry
from gateway.connect import connect
from gateway.framing import CloseBody, response_body
from gateway.http1 import END, ProtocolError
from gateway.ids import LINE, request_id
from gateway.reasons import Refusal
from gateway.responses import render
from gateway.stats import UNKNOWN
from gateway.upload import Upload

if TYPE_CHECKING:
    import asyncio

    from gateway.balancer import Backend
    from gateway.client import ClientConnection
    from gateway.framing import Body
    from gateway.plan import Plan
    from gateway.reply import Reply
    from gateway.stats import ServiceStats
    from gateway.upstream import UpstreamConnection

monotonic = time.monotonic


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
    """The request id's lines, when the client sent none."""
    waiting_since: float = 0.0
    queue_wait: float = 0.0
    tries: int = 0
    tried: tuple[Backend, ...] = ()
    sent: bool = False
    """Bytes of the request may have reached a pod."""
    reply: Reply | None = None
    partial: bytes = b""
    """The beginning of the pod's head."""
    body: Body | None = None
    """The response's body on its way."""
    first_byte: float = -1.0
    keep: bool = True
    """The client's connection is good for another request."""
    tunnel: bool = False
    upstream_stalls: bool = False
    """The pod does not take what is written to it."""
    bytes_out: int = 0

    def __init__(self, client: ClientConnection, plan: Plan) -> None:
        self.client = client
        self.plan = plan
        self.started = monotonic()

    # -- the request

    def start(self, rest: bytes) -> None:
        """Begin; `rest` is what came after the head."""
        plan = self.plan
        if plan.length:
            if not self._take_body(rest):
                return
        elif rest:
            self.client.hold(rest)
        if plan.answer is not None:
            self._answer()
            return
        assert plan.route is not None
        backend = plan.route.state.admission.acquire(plan.affinity)
        if backend is None:
            self._queue()
            return
        self.backend = backend
        self._dispatch(backend)

    def _take_body(self, rest: bytes) -> bool:
        if self.plan.length == len(rest):
            self.payload = rest
            return self._small_enough(len(rest))
        if not self._small_enough(self.plan.length):
            return False
        self.upload = Upload(self, self.plan.length)
        return self.upload.feed(rest)

    def _small_enough(self, length: int) -> bool:
        most = self.client.gateway.limits.body
        if most and length > most:
            self.keep = False
            self._refuse(Refusal("body_too_large", f"{length} bytes"))
            return False
        return True

    def client_data(self, data: bytes) -> None:
        """More bytes of the client: of the body, of the tunnel, or of what follows."""
        upload = self.upload
        if self.tunnel:
            self._from_tunnel(data)
        elif upload is not None and not upload.body.done:
            upload.feed(data)
        else:
            self.client.hold(data)

    # -- a slot and a connection

    def _queue(self) -> None:
        route = self.plan.route
        assert route is not None
        if not route.state.admission.wait(self):
            self._refuse(Refusal("queue_full"))
            return
        self.waiting_since = monotonic()
        self._until(route.spec.timeouts.queue)

    def granted(self, backend: Backend) -> None:
        """A slot came free (see `admission.Waiter`)."""
        self._leave_queue()
        self.backend = backend
        self._dispatch(backend)

    def _leave_queue(self) -> None:
        self.queue_wait = monotonic() - self.waiting_since
        self.waiting_since = 0.0
        self._stats().queue_wait.observe(self.queue_wait)

    def _dispatch(self, backend: Backend, *, fresh: bool = False) -> None:
        self.tries += 1
        if not fresh:
            repeatable = self.plan.method in retry.IDEMPOTENT
            now = self.client.gateway.now
            found = pool.lease(backend, repeatable=repeatable, now=now)
            if found is not None:
                self._send(cast("UpstreamConnection", found))
                return
        assert self.plan.route is not None
        self._until(self.plan.route.spec.timeouts.connect)
        connect(self, backend)

    def connected(self, upstream: UpstreamConnection) -> None:
        """A new connection to the pod is open."""
        self.connecting = None
        self._send(upstream)

    def connect_failed(self, detail: str) -> None:
        """No connection to the pod could be opened."""
        self.connecting = None
        self._failed(Refusal("connect_failed", detail))

    def _send(self, upstream: UpstreamConnection) -> None:
        plan = self.plan
        client = self.client
        self.upstream = upstream
        upstream.exchange = self
        self.sent = True
        if plan.request_id:
            ids = b"X-Request-Id: " + plan.request_id + b"\r\n"
        else:
            ids = self.ids or client.gateway.ids.fresh()
            self.ids = ids
            if plan.traced:
                ids = ids[:LINE]
        data = b"".join((plan.head, client.forwarded, plan.tail, ids, b"\r\n", self.payload))
        upstream.transport.write(data)  # type: ignore[union-attr]
        if self.upload is None:
            self.await_head()
        else:
            self.upload.opened()

    def send_body(self, data: bytes) -> None:
        """Pass on more of the body."""
        self._stats().bytes_in += len(data)
        if data and self.upstream is not None and self.upstream.transport is not None:
            self.upstream.transport.write(data)

    def await_head(self) -> None:
        """All of the request is sent: the pod's time to answer begins."""
        if self.reply is not None:
            return
        assert self.plan.route is not None
        self._until(self.plan.route.spec.timeouts.first_byte)

    # -- the response

    def upstream_data(self, data: bytes) -> None:
        """Bytes of the pod."""
        body = self.body
        if body is not None:
            self._relay(body, data)
        elif self.tunnel:
            self._to_client(data)
        else:
            if self.partial:
                data, self.partial = self.partial + data, b""
            self._take_head(data)

    def _take_head(self, data: bytes) -> None:
        end = data.find(END) + 4
        if end < 4:
            self._wait_for_head(data)
            return
        raw = data[:end]
        gateway = self.client.gateway
        answer = gateway.replies.young.get(raw)
        if answer is None:
            try:
                answer = self._prepare(raw)
            except ProtocolError as error:
                self._failed(Refusal("upstream_malformed", error.detail))
                return
        if answer.status < 200:
            self._interim(answer, data[end:])
            return
        self.reply = answer
        self.first_byte = monotonic()
        self._respond(answer, data[end:])

    def _prepare(self, raw: bytes) -> Reply:
        gateway = self.client.gateway
        answer = gateway.replies.recall(raw)
        if answer is None:
            answer = reply.prepare(raw, gateway.limits, gateway.via)
            gateway.replies.remember(raw, answer)
        return answer

    def _wait_for_head(self, data: bytes) -> None:
        if len(data) > self.client.gateway.limits.head:
            self._failed(Refusal("upstream_malformed", "its head is too large"))
        else:
            self.partial = data

    def _interim(self, answer: Reply, rest: bytes) -> None:
        if answer.status == reply.SWITCHING:
            self._switch(answer, rest)
            return
        if self.plan.minor:
            self._to_client(reply.interim(answer))
        if rest:
            self._take_head(rest)

    def _respond(self, answer: Reply, rest: bytes) -> None:
        """Write the head, and the body as far as it is here."""
        plan = self.plan
        route = plan.route
        assert route is not None
        if answer.usual or route.spec.rewrite_target:
            head = answer.block if plan.usual else reply.render(answer, plan)
        else:
            head = reply.render(answer, plan)
        length = 0 if plan.head_only else answer.length
        gateway = self.client.gateway
        keep = plan.keep and not gateway.draining
        if self.upload is not None and not self.upload.body.done:
            keep = False  # the pod answers early: the rest of the body has no reader
        if length < 0 and not plan.minor:
            keep = False
        self.keep = keep
        if not keep:
            ending = b"Connection: close\r\n\r\n"
        else:
            ending = b"\r\n" if plan.minor else b"Connection: keep-alive\r\n\r\n"
        if plan.affinity != "" or route.spec.affinity:
            ending = self._affinity() + ending
        named = b"" if answer.named else self._id_line()
        if length == len(rest):
            self._to_client(b"".join((head, named, ending, rest)))
            self._complete(excess=False)
            return
        self._to_client(b"".join((head, named, ending)))
        body = self.body = response_body(length, modern=bool(plan.minor))
        if body.done:
            self._complete(excess=bool(rest))
            return
        self._moved()
        if rest:
            self._relay(body, rest)

    def _id_line(self) -> bytes:
        if self.ids:
            return self.ids[:LINE]
        return b"X-Request-Id: " + self.plan.request_id + b"\r\n"

    def _affinity(self) -> bytes:
        """A cookie that names the pod, unless the client's does already."""
        assert self.backend is not None
        assert self.plan.route is not None
        if self.plan.affinity == self.backend.label:
            return b""
        return b"Set-Cookie: %b=%b; Path=%b; HttpOnly; SameSite=Lax\r\n" % (
            plans.AFFINITY,
            self.backend.label.encode("ascii").hex().encode("ascii"),
            self.plan.route.prefix or b"/",
        )

    def _relay(self, body: Body, data: bytes) -> None:
        try:
            out = body.feed(data)
        except ProtocolError as error:
            self._failed(Refusal("upstream_malformed", error.detail))
            return
        if out:
            self._to_client(out)
        if body.done:
            self._complete(excess=bool(body.excess))
        elif self.client.deadline != inf:
            self._moved()

    def _to_client(self, data: bytes) -> None:
        self.bytes_out += len(data)
        self.client.write(data)

    def upstream_ended(self) -> bool:
        """The pod sends no more; True keeps its connection open for what goes to it."""
        body = self.body
        if isinstance(body, CloseBody):
            self._to_client(body.ended())
            self._complete(excess=True)
        elif self.tunnel:
            transport = self.client.transport
            if transport is not None and transport.can_write_eof():
                transport.write_eof()
                return True
        return False

    def upstream_lost(self, error: Exception | None) -> None:
        """The pod's connection is gone before the exchange has ended."""
        upstream = self.upstream
        self.upstream = None
        if self.tunnel:
            self._end_tunnel()
            return
        detail = str(error) if error is not None else "without an answer"
        if self.reply is not None:
            detail = "in the middle of its answer"
        stale = upstream is not None and upstream.reused and not self.partial
        self._failed(Refusal("upstream_closed", detail), stale=stale)

    # -- tunnels

    def _switch(self, answer: Reply, rest: bytes) -> None:
        if not self.plan.upgrade:
            self._failed(Refusal("upstream_malformed", "101 without a request to upgrade"))
            return
        self.reply = answer
        self.first_byte = monotonic()
        self.tunnel = True
        stats = self._stats()
        stats.tunnels += 1
        stats.tunnels_opened += 1
        self._to_client(reply.interim(answer) + rest)
        held, self.client.held = self.client.held, b""
        self._from_tunnel(held)
        self.client.resume_reading()

    def _from_tunnel(self, data: bytes) -> None:
        if data and self.upstream is not None and self.upstream.transport is not None:
            self.upstream.transport.write(data)
        self._moved()

    def _end_tunnel(self) -> None:
        self._count(101, "")
        self._release(reusable=False)
        self.client.exchange = None
        self.client.close()

    # -- the end

    def _complete(self, *, excess: bool) -> None:
        """The response has been relayed to its last byte."""
        answer = self.reply
        assert answer is not None
        upload = self.upload
        uploaded = upload is None or upload.body.done
        backend = self.backend
        assert backend is not None
        if answer.status >= 500:
            self._note_failure(backend)
        else:
            backend.failures = 0
        self._count(answer.status, "")
        self._release(reusable=answer.reusable and uploaded and not excess)
        if uploaded:
            self.client.finished(keep=self.keep)
        else:
            self.client.exchange = None
            self.client.linger()

    def _release(self, *, reusable: bool) -> None:
        """Give back what the exchange holds: connection and slot."""
        task, self.connecting = self.connecting, None
        if task is not None:
            task.cancel()
        upstream, self.upstream = self.upstream, None
        backend, self.backend = self.backend, None
        if upstream is not None:
            self._part(upstream, reusable=reusable)
        if backend is not None:
            assert self.plan.route is not None
            self.plan.route.state.admission.release(backend)

    def _part(self, upstream: UpstreamConnection, *, reusable: bool) -> None:
        gateway = self.client.gateway
        upstream.exchange = None
        upstream.reused = True
        if not reusable or upstream.transport is None or upstream.transport.is_closing():
            upstream.abort()
            return
        if self.client.stalled:
            upstream.resume_reading()
        most = gateway.limits.upstream_idle_count
        if not pool.give_back(upstream.backend, upstream, gateway.now, most):
            upstream.close()

    def _failed(self, refusal: Refusal, *, stale: bool = False) -> None:
        """The pod failed this request: try another one, or say so."""
        backend = self.backend
        route = self.plan.route
        assert backend is not None
        assert route is not None
        state = route.state
        upstream, self.upstream = self.upstream, None
        if upstream is not None:
            upstream.abort()
        state.stats.upstream_failed(refusal.reason)
        if not stale:
            self._note_failure(backend)
            self.tried = (*self.tried, backend)
        answered = self.reply is not None or self.partial != b"" or self.bytes_out > 0
        upload = self.upload
        may = retry.may_retry(
            self.plan.method,
            tries=self.tries,
            sent=self.sent,
            answered=answered,
            replayable=upload is None or upload.replayable,
        )
        if may and (stale or state.budget.spend(state.admission.total)):
            other = backend if stale else state.balancer.other(self.tried, state.admission.limit)
            if other is not None:
                state.admission.move(backend, other)
                self.backend = other
                state.stats.retried(refusal.reason)
                self.sent = False
                self._dispatch(other, fresh=True)
                return
        self._refuse(refusal)

    def _note_failure(self, backend: Backend) -> None:
        route = self.plan.route
        assert route is not None
        if route.state.balancer.failed(backend, self.client.gateway.now):
            route.state.stats.ejections += 1
            self.client.gateway.services.unsettle(route.state)

    def client_gone(self) -> None:
        """The client closed its connection: stop the pod's work at once."""
        if self.waiting_since:
            assert self.plan.route is not None
            self.plan.route.state.admission.leave(self)
            self._leave_queue()
        if self.tunnel:
            self._count(101, "")
        else:
            status = 499 if self.reply is None else self.reply.status
            self._count(status, "client_gone")
        self._release(reusable=False)

    def client_ended(self) -> bool:
        """The client sends no more; True keeps its connection open for what goes to it."""
        if not self.tunnel or self.upstream is None or self.upstream.transport is None:
            return False
        self.upstream.transport.write_eof()
        return True

    def client_stalls(self) -> None:
        """The client does not read: stop the pod."""
        if self.upstream is not None:
            self.upstream.pause_reading()

    def client_drains(self) -> None:
        """The client reads again."""
        if self.upstream is not None:
            self.upstream.resume_reading()

    def expired(self) -> None:
        """The deadline of the phase has passed."""
        route = self.plan.route
        assert route is not None
        timeouts = route.spec.timeouts
        port = route.spec.api_port
        if self.waiting_since:
            route.state.admission.leave(self)
            self._leave_queue()
            reason = "queue_timeout" if route.state.balancer.candidates else "no_ready_pod"
            self._refuse(Refusal(reason, api_port=port, seconds=timeouts.queue))
        elif self.connecting is not None:
            self.connecting.cancel()
            self.connecting = None
            seconds = timeouts.connect
            self._failed(Refusal("connect_timeout", api_port=port, seconds=seconds))
        elif self.tunnel or self.body is not None:
            self._give_up("idle_timeout")
        elif self.upload is not None and not self.upload.body.done:
            self.upload.check_rate()
        else:
            seconds = timeouts.first_byte
            self._note_failure(self.backend)  # type: ignore[arg-type]
            route.state.stats.upstream_failed("first_byte_timeout")
            self._refuse(Refusal("first_byte_timeout", api_port=port, seconds=seconds))

    def _give_up(self, reason: str) -> None:
        """End a response that has begun: the client must see that it is not whole."""
        assert self.reply is not None
        self._count(self.reply.status, reason)
        self._release(reusable=False)
        self.client.exchange = None
        self.client.abort()

    def _answer(self) -> None:
        answer = self.plan.answer
        if isinstance(answer, Refusal):
            self._refuse(answer)
        elif answer is not None:
            self._finish_own(answer, int(answer[9:12]), "")

    def refuse(self, refusal: Refusal) -> None:
        """Answer with `refusal`; the connection cannot be used for another request."""
        self.keep = False
        self._refuse(refusal)

    def _refuse(self, refusal: Refusal) -> None:
        """Answer in place of the pod; if the pod's answer has begun, cut it off."""
        if self.reply is not None:
            self._give_up(refusal.reason)
            return
        plan = self.plan
        route = plan.route
        if route is not None and not refusal.api_port:
            refusal = Refusal(refusal.reason, refusal.detail, route.spec.api_port, refusal.seconds)
        if refusal.reason == "unauthorized":
            self._stats().auth_failures += 1
        if self.upload is not None and not self.upload.body.done:
            self.keep = False
        keep = self.keep = self.keep and plan.keep and not refusal.close
        answer = render(
            refusal,
            service=plan.service,
            request_id=self._request_id(),
            accept=plans.accept(plan.raw),
            head_only=plan.head_only,
            close=not keep,
            extra=plan.cors,
        )
        self._finish_own(answer, refusal.status, refusal.reason)

    def _finish_own(self, answer: bytes, status: int, reason: str) -> None:
        """Send an answer of the gateway's own and end."""
        if self.upload is not None and not self.upload.body.done:
            self.keep = False
        self._to_client(answer)
        self._count(status, reason)
        self._release(reusable=False)
        if self.keep and self.plan.keep:
            self.client.finished(keep=True)
        else:
            self.client.exchange = None
            self.client.linger()

    # -- time and counts

    def _until(self, seconds: float) -> None:
        self.client.until(self.client.gateway.now + (seconds or inf))

    def _moved(self) -> None:
        """Something moved: the idle time-out starts anew."""
        assert self.plan.route is not None
        self._until(self.plan.route.spec.timeouts.idle)

    def _stats(self) -> ServiceStats:
        route = self.plan.route
        if route is not None:
            return route.state.stats
        return self.client.gateway.stats.service(UNKNOWN)

    def _request_id(self) -> str:
        if self.plan.request_id:
            return self.plan.request_id.decode("ascii")
        if not self.ids:
            self.ids = self.client.gateway.ids.fresh()
        return request_id(self.ids).decode("ascii")

    def _count(self, status: int, reason: str) -> None:
        now = monotonic()
        plan = self.plan
        stats = self._stats()
        stats.bytes_in += len(plan.raw) + len(self.payload)
        stats.bytes_out += self.bytes_out
        duration = now - self.started
        if self.reply is None:
            stats.refused(plan.label, status, duration)
        else:
            stats.answered(plan.label, status, duration, self.first_byte - self.started)
        log = self.client.gateway.access_log
        if log.wants(status, reason):
            log.write(self._entry(status, reason, duration))

    def _entry(self, status: int, reason: str, duration: float) -> Entry:
        plan = self.plan
        return Entry(
            at=time.time(),
            service=plan.service,
            method=plan.method.decode("latin-1"),
            target=plan.target.decode("latin-1"),
            protocol=f"HTTP/1.{plan.minor}",
            status=status,
            source="gateway" if self.reply is None else "upstream",
            reason=reason,
            duration=duration,
            first_byte=self.first_byte - self.started if self.first_byte >= 0 else -1.0,
            queue_wait=self.queue_wait,
            bytes_in=len(plan.raw) + len(self.payload),
            bytes_out=self.bytes_out,
            endpoint=self.backend.label if self.backend is not None else "",
            retries=max(self.tries - 1, 0),
            client=self.client.address,
            request_id=self._request_id(),
            user_agent=plans.user_agent(plan.raw),
        )
