// Which requests moved between two updates, from the requests' own events.

const MAX_KNOWN = 500;

/** Remembers where requests were, and returns each of their moves once. */
export class RequestMoves {
  constructor() {
    this.isFirst = true;
    this.sent = new Set();
    this.taken = new Map();
    this.done = new Set();
  }

  /** Return the moves since the previous update as pairs of places; none at the first one. */
  update(map) {
    const moves = [...this.sentMoves(map), ...this.takenMoves(map), ...this.doneMoves(map)];
    this.taken = new Map(Object.entries(map.taken));
    this.forgetOldest();
    const { isFirst } = this;
    this.isFirst = false;
    return isFirst ? [] : moves;
  }

  sentMoves(map) {
    const sent = map.sent.filter((id) => !this.sent.has(id));
    for (const id of sent) this.sent.add(id);
    return sent.map(() => ["prompt", "queue"]);
  }

  takenMoves(map) {
    return map.received
      .filter((id) => map.taken[id] && !this.taken.has(id))
      .map((id) => ["queue", map.taken[id]]);
  }

  doneMoves(map) {
    const done = Object.entries(map.done).filter(([id]) => !this.done.has(id));
    for (const [id] of done) this.done.add(id);
    return done.map(([id, at]) => [this.taken.get(id) ?? at, "pictures"]).filter(([from]) => from);
  }

  forgetOldest() {
    for (const known of [this.sent, this.done]) {
      for (const id of known) {
        if (known.size <= MAX_KNOWN) break;
        known.delete(id);
      }
    }
  }
}
