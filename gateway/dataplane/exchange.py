"""One request's life: place, send, relay, count. The only file that knows the order of the steps.

The course is: `start` → `Placement`, a slot and a connection → `send` → `answered` → `relay` →
`complete`. What goes wrong with the pod comes in by `failed` and `lost`, and what takes too long by
`expired`; how it ends without the whole of a pod's answer is in `Ending`. What needs none of this
is a `Straight`, until it does.

What is not over at once owns its state: `Waiting` and `Dial` before the request is sent, `Upload`
and `Tunnel` after; a plain request makes none of them.
"""

from __future__ import annotations

from math import inf
from time import monotonic
from typing import TYPE_CHECKING

from gateway.dataplane import limiting, record
from gateway.dataplane.ending import Ending
from gateway.dataplane.flow import throttle
from gateway.dataplane.placement import Placement
from gateway.dataplane.tunnel import Tunnel
from gateway.dataplane.upload import Upload
from gateway.http2.pod_stream import UnprocessedError
from gateway.protocol.framing import response_body
from gateway.protocol.reasons import Refusal
from gateway.protocol.responses import CONTINUE
from gateway.routing import reply
from gateway.troubles import POD_FAILED

if TYPE_CHECKING:
    from gateway.dataplane.placement import Stopover
    from gateway.dataplane.roles import Client, Pod
    from gateway.routing.reply import Reply
    from gateway.services.backend import Backend
    from gateway.services.route import Request


class Exchange(Ending):
    """One request of one client."""

    __slots__ = ()
    is_tunnel = False

    def __init__(self, client: Client, request: Request) -> None:
        self.client = client
        self.request = request
        plan = self.plan = request.plan
        self.route = plan.route
        self.phase = "new"
        self.placement = Placement(self)
        self.permit = None
        self.payload = b""
        self.upload = None
        self.stalled = False
        self.id_line = request.id_line
        self.reply = None
        self.tunnel = None
        self.keep = True
        self.bytes_out = 0
        self.first_byte = -1.0
        self.started = monotonic()

    # -- the request

    def start(self, rest: bytes) -> None:
        """Begin; `rest` is what came of the body with the head."""
        request = self.request
        length = request.length
        if self.plan.chunked or length != len(rest):
            plan = self.plan
            self.upload = Upload(self, length, chunked=plan.chunked, expects=plan.expects)
            if not self.upload.feed(rest):
                return
        elif length:
            self.payload = rest
        if request.answer is not None:
            self._answer(request.answer)
            return
        if self.route.limiter is not None and (refusal := limiting.refusal(self)) is not None:
            self._answer(refusal)
            return
        backend = self.route.state.admission.acquire(self.started, self.plan.affinity)
        if backend is None:
            self.placement.queue()
        else:
            self.placement.reach(backend, self.started)

    def placed(self, backend: Backend, payload: bytes, since: float) -> None:
        """Begin with a slot of a pod, which is held since `since`; all of the body is here."""
        self.payload = payload
        self.started = since
        self.placement.reach(backend, since)

    def sent(self, upstream: Pod, payload: bytes, id_line: bytes, since: float) -> None:
        """Go on with a request that was written to a pod whose slot is held since `since`."""
        self.payload = payload
        self.id_line = id_line
        self.started = since
        self.phase = "head"
        self.placement.settled(upstream)

    def client_data(self, data: bytes) -> None:
        """More bytes of the client: of the body, or of what follows."""
        upload = self.upload
        if upload is not None and not upload.body.done:
            upload.feed(data)
        else:
            self.client.hold(data)

    def wait(self, phase: Stopover, seconds: float) -> None:
        self.phase = phase
        self.client.within(seconds or inf)

    def send(self, upstream: Pod) -> None:
        """Write the request to a pod."""
        request, plan, client = self.request, self.plan, self.client
        upstream.exchange = self
        name = self.id_line = self.id_line or client.context.ids.fresh()
        upload = self.upload
        payload = self.payload if upload is None else upload.payload
        head = (request.head, client.forwarded, plan.tail, name, b"\r\n", payload)
        transport = upstream.transport
        assert transport is not None  # as leased, or just made
        transport.write(b"".join(head))
        if upload is None:
            self.phase = "head"
            client.within(self.route.first_byte)
        else:
            upload.opened()

    def send_body(self, data: bytes) -> None:
        """Pass on more of the body."""
        upstream = self.placement.upstream
        if upstream is not None:
            upstream.write_more(data)

    def await_body(self, seconds: float) -> None:
        if self.reply is None:
            self.phase = "body"
            self.client.within(seconds)

    def await_head(self) -> None:
        if self.reply is None:
            self.phase = "head"
            self.client.within(self.route.first_byte)

    # -- the response

    def interim(self, answer: Reply, rest: bytes) -> bytes:
        """A 1xx head came; what is returned of `rest` is still to be read as a head."""
        upload = self.upload
        if answer.status == reply.SWITCHING:
            self._switch(answer, rest)
            return b""
        if answer.status == reply.CONTINUE and upload is not None and not upload.invited():
            return rest
        if self.plan.minor:
            self._write(reply.interim(answer, self.plan, self.placement.pod.endpoint))
        if self.phase == "head":  # the pod works on it, and says so
            self.client.within(self.route.first_byte)
        return rest

    def invite(self) -> None:
        self._write(CONTINUE)

    def _switch(self, answer: Reply, rest: bytes) -> None:
        """The pod switched protocols; `rest` is what came after its head."""
        upstream = self.placement.upstream
        fault = reply.switching_fault(answer, asked=self.plan.upgrade)
        if fault or upstream is None:
            self.failed(Refusal("upstream_malformed", fault))
            return
        self.reply = answer
        self.first_byte = monotonic()
        self.phase = "tunnel"
        pod = self.placement.pod
        head = reply.switching(answer, self.plan, pod.endpoint, pod.mark)
        self._write(head[:-2] + self.placement.cold_line(self.first_byte) + head[-2:] + rest)
        self.placement.praise(pod, self.started)
        self.tunnel = Tunnel(self, self.route, self.client, upstream)
        self.tunnel.begin()

    def answered(self, answer: Reply, rest: bytes) -> None:
        """The pod's head came: pass it on, and the body as far as it is here."""
        plan, client, upload = self.plan, self.client, self.upload
        self.reply = answer
        self.phase = "answer"
        self.first_byte = monotonic()
        length = answer.length
        uploaded = upload is None or upload.body.done
        if plan.usual and answer.usual and uploaded and not client.context.leaving:
            head, ending = answer.block, b"\r\n"
        else:
            length = 0 if plan.head_only else length
            self.keep = self._keeps(framed=length >= 0 or plan.minor == 1)
            pod = self.placement.pod
            head = reply.render(answer, plan, pod.endpoint)
            ending = reply.ending(plan, answer.head, keep=self.keep, mark=pod.mark)
        name = b"" if answer.named else self.id_line
        if not answer.dated:
            name += client.context.date
        if self.placement.cold:
            name += self.placement.cold_line(self.first_byte)
        if self.permit is not None:
            name += self.permit.lines
        if length == len(rest):
            whole = b"".join((head, name, ending, rest))
            self.bytes_out += len(whole)
            client.write(whole)
            self.complete(self.first_byte, True)
            return
        self._write(b"".join((head, name, ending)))
        self._begin_body(answer, length, rest)

    def _begin_body(self, answer: Reply, length: int, rest: bytes) -> None:
        body = response_body(length, modern=self.plan.minor == 1, trailers=self.client.trailers)
        if body.done:
            self.complete(self.first_byte, not rest)
            return
        client, upstream = self.client, self.placement.upstream
        client.within(self.route.idle)
        if upstream is not None:
            if client.stalled:
                throttle(upstream, stalled=True)
            if upstream.backend.ejected_until and not answer.faulty:
                self.placement.praise(upstream.backend, self.started)  # it may go on for hours
            upstream.begin_body(body, rest)

    def relay(self, data: bytes) -> None:
        """Pass a piece of the response's body on."""
        self.bytes_out += len(data)
        client = self.client
        if client.transport is not None:
            client.transport.write(data)
        if client.deadline != inf:
            client.within(self.route.idle)

    def complete(self, now: float, clean: bool) -> None:
        """The response has been passed on to its last byte; `clean`: nothing came after it."""
        answer, placement, upload = self.reply, self.placement, self.upload
        backend = placement.backend
        assert answer is not None
        assert backend is not None
        uploaded = upload is None or upload.body.done
        if answer.faulty:
            placement.blame(backend, POD_FAILED)
        elif backend.ailing:
            placement.praise(backend, self.started)
        record.count(self, answer.status, "", now)
        client = self.client
        clean = clean and answer.reusable and not self.plan.uses_up
        clean = clean and (upload is None or upload.taken)
        if clean and not self.stalled and placement.upstream is not None:
            self.phase = "ended"
            client.exchange = self.upload = None
            placement.give_back(now)
            if self.permit is not None:
                self.permit.release()
        else:
            self._end(now)
        if uploaded:
            client.finished(self.keep and self.plan.keep)
        else:
            client.linger()

    def upstream_stalls(self, *, stalled: bool) -> None:
        """The pod does not take what is written to it, or does again."""
        self.stalled = stalled
        throttle(self.client, stalled=stalled)
        if self.upload is not None and not stalled:
            self.upload.moves_again()

    def client_stalls(self, *, stalled: bool) -> None:
        """The client does not read, or does again."""
        upstream = self.placement.upstream
        if upstream is not None:
            throttle(upstream, stalled=stalled)

    # -- what goes wrong, or takes too long

    def failed(self, refusal: Refusal, *, stale: bool = False, unsent: bool = False) -> None:
        """The pod failed this request (as `Placement.failed` has it): try again, or say so."""
        if (upload := self.upload) is not None:
            upload.reopen()
        self.upstream_stalls(stalled=False)
        self.placement.failed(
            refusal,
            answered=self.reply is not None or self.bytes_out > 0,
            replayable=upload is None or upload.replayable,
            stale=stale,
            unsent=unsent,
        )

    def lost(self, upstream: Pod, error: Exception | None) -> None:
        """The pod's connection is gone before the exchange has ended."""
        detail = "in the middle of its answer" if self.reply else str(error or "without an answer")
        unsent = isinstance(error, UnprocessedError)
        stale = upstream.reused and self.bytes_out == 0 and not upstream.began
        self.placement.disconnected()
        self.failed(Refusal("upstream_closed", detail), stale=stale, unsent=unsent)

    def upstream_ended(self) -> bool:
        """The pod sends no more: the loss of its connection follows."""
        return False

    def expired(self) -> None:
        """The deadline of the phase has passed."""
        stage, upload = self.placement.stage, self.upload
        if stage is not None:
            stage.expired()
        elif self.phase == "body" and upload is not None:
            upload.check_rate()
        elif self.phase == "answer":
            self.refuse(Refusal("idle_timeout", seconds=self.route.spec.timeouts.idle))
        else:
            self.overdue()

    def __repr__(self) -> str:
        parts = (self.phase, self.placement, self.upload, self.tunnel)
        state = ", ".join(str(part) for part in parts if part is not None)
        return f"<Exchange {self.plan.label} {self.request.target.decode('latin-1')} {state}>"
