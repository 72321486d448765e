type Event = {
  readonly at: number;
  /** Of insertion: breaks ties. */
  readonly order: number;
  readonly happen: () => void;
};

const isBefore = (a: Event, b: Event): boolean =>
  a.at < b.at || (a.at === b.at && a.order < b.order);

/** Events by time, as a binary heap. Those of the same time come in the order of insertion. */
export class EventQueue {
  readonly #heap: Event[] = [];
  #added = 0;

  add(at: number, happen: () => void): void {
    const event = { at, order: this.#added, happen };
    this.#added += 1;
    let index = this.#heap.push(event) - 1;
    for (;;) {
      const above = (index - 1) >> 1;
      const parent = this.#heap[above];
      if (index === 0 || parent === undefined || isBefore(parent, event)) break;
      this.#heap[index] = parent;
      index = above;
    }
    this.#heap[index] = event;
  }

  /** Takes out the first event, unless it is after `until`. */
  takeUntil(until: number): Event | undefined {
    const [first] = this.#heap;
    if (first === undefined || first.at > until) return undefined;
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) this.#sink(last);
    return first;
  }

  /** Puts an event at the top, and then below all that come before it. */
  #sink(event: Event): void {
    let index = 0;
    for (;;) {
      const below = this.#earlierOf(2 * index + 1, 2 * index + 2);
      const child = this.#heap[below];
      if (child === undefined || isBefore(event, child)) break;
      this.#heap[index] = child;
      index = below;
    }
    this.#heap[index] = event;
  }

  #earlierOf(left: number, right: number): number {
    const [a, b] = [this.#heap[left], this.#heap[right]];
    return a !== undefined && b !== undefined && isBefore(b, a) ? right : left;
  }
}
