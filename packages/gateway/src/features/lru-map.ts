/** A bounded map that forgets what has not been used for longest. Every operation is O(1) but `values`. */
export interface LruMap<T> {
  /** Counts as a use. */
  get(key: string): T | undefined;
  set(key: string, value: T): void;
  delete(key: string): void;
  values(): IterableIterator<T>;
  readonly size: number;
  /** Entries pushed out by newer ones so far. */
  readonly evicted: number;
}

interface Node<T> {
  readonly key: string;
  value: T;
  newer: Node<T> | undefined;
  older: Node<T> | undefined;
}

/**
 * A map in a doubly linked list: a use moves a node without allocating, where re-inserting into a `Map` would leave
 * holes that make it rehash.
 * @param capacity entries kept, 1 or more
 */
export function lruMap<T>(capacity: number): LruMap<T> {
  const nodes = new Map<string, Node<T>>();
  let newest: Node<T> | undefined;
  let oldest: Node<T> | undefined;
  let evicted = 0;

  function unlink(node: Node<T>): void {
    if (node.newer === undefined) newest = node.older;
    else node.newer.older = node.older;
    if (node.older === undefined) oldest = node.newer;
    else node.older.newer = node.newer;
    node.newer = undefined;
    node.older = undefined;
  }

  function pushFront(node: Node<T>): void {
    node.older = newest;
    if (newest !== undefined) newest.newer = node;
    newest = node;
    oldest ??= node;
  }

  function use(node: Node<T>): void {
    if (node === newest) return;
    unlink(node);
    pushFront(node);
  }

  function remove(node: Node<T>): void {
    unlink(node);
    nodes.delete(node.key);
  }

  return {
    get(key) {
      const node = nodes.get(key);
      if (node === undefined) return undefined;
      use(node);
      return node.value;
    },
    set(key, value) {
      const known = nodes.get(key);
      if (known !== undefined) {
        known.value = value;
        use(known);
        return;
      }
      if (nodes.size >= capacity && oldest !== undefined) {
        remove(oldest);
        evicted += 1;
      }
      const node: Node<T> = { key, value, newer: undefined, older: undefined };
      nodes.set(key, node);
      pushFront(node);
    },
    delete(key) {
      const node = nodes.get(key);
      if (node !== undefined) remove(node);
    },
    *values() {
      for (const node of nodes.values()) yield node.value;
    },
    get size() {
      return nodes.size;
    },
    get evicted() {
      return evicted;
    },
  };
}
