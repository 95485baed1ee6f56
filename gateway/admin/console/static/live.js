/** The stream of the gateway: opened again whenever it ends, and honest about not being there. */

const KINDS = ["state", "change", "point", "service", "gone"];
/** A point comes each 10 s: after so long without anything the connection is taken for dead. */
const SILENCE = 35_000;
const SOONEST = 1_000;
const LATEST = 10_000;

export class Live {
  #take;
  #tell;
  #source = null;
  #timer = 0;
  #watch = 0;
  #pause = SOONEST;
  #service = "";

  /** `take(kind, data)` gets every message, `tell(live)` whether there is a stream. */
  constructor(take, tell) {
    this.#take = take;
    this.#tell = tell;
    addEventListener("online", () => this.#again(0));
    // A page that is left may be kept for the way back, with a connection of the six to a host.
    addEventListener("pagehide", () => this.#close());
    addEventListener("pageshow", ({persisted}) => persisted && this.#open());
    // A page that was asleep has lost its connection without being told.
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.#source === null) this.#again(0);
    });
  }

  /** Begin, with the details of a service when one is named; what was open is left. */
  look(service) {
    this.#service = service;
    this.#pause = SOONEST;
    this.#open();
  }

  #open() {
    this.#close();
    const query = this.#service ? `?service=${encodeURIComponent(this.#service)}` : "";
    const source = (this.#source = new EventSource(`console/stream${query}`));
    source.addEventListener("error", () => this.#lost());
    for (const kind of KINDS) {
      source.addEventListener(kind, ({data}) => this.#heard(kind, data));
    }
    this.#watched();
  }

  #heard(kind, data) {
    this.#pause = SOONEST;
    this.#watched();
    this.#take(kind, JSON.parse(data));
    this.#tell(true);
  }

  #watched() {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => this.#lost(), SILENCE);
  }

  #lost() {
    this.#close();
    this.#tell(false);
    this.#again(this.#pause);
    this.#pause = Math.min(this.#pause * 1.6, LATEST);
  }

  #again(pause) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), pause);
  }

  #close() {
    this.#source?.close();
    this.#source = null;
    clearTimeout(this.#watch);
    clearTimeout(this.#timer);
  }
}
