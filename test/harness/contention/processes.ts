/** Lambda's processes: each has a context of its own, with its caches, and does one piece of work at a time. */
export class Processes<Context> {
  readonly #open: () => Context;
  /** The one that was last busy is last. */
  readonly #idle: Context[] = [];
  #started = 0;
  #busy = 0;
  #mostBusy = 0;

  /** @param open makes the context of a new process. */
  constructor(open: () => Context) {
    this.#open = open;
  }

  /** Runs in the process that was last busy, of those that are idle, else in a new one. */
  readonly inProcess = async <Result>(
    work: (context: Context) => Promise<Result>,
  ): Promise<Result> => {
    const context = this.#idle.pop() ?? this.#start();
    this.#busy += 1;
    this.#mostBusy = Math.max(this.#mostBusy, this.#busy);
    try {
      return await work(context);
    } finally {
      this.#busy -= 1;
      this.#idle.push(context);
    }
  };

  get counts() {
    return { started: this.#started, mostBusy: this.#mostBusy };
  }

  #start(): Context {
    this.#started += 1;
    return this.#open();
  }
}
