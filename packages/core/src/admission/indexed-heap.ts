/** What a heap holds: the element remembers its own place, so that it can be moved or taken out in O(log n). */
export interface HeapSlot {
  /** Index in the heap, -1 when not in it. */
  index: number;
}

/** A binary min-heap whose elements can be re-ordered and removed from the middle. */
export interface IndexedHeap<T> {
  push(item: T): void;
  peek(): T | undefined;
  /** No effect when the item is not in the heap. */
  remove(item: T): void;
  /** Call after the item's order has changed. */
  moved(item: T): void;
  size(): number;
}

/**
 * @param before strict order
 * @param slot where an item keeps its place in this heap
 */
export function indexedHeap<T>(before: (a: T, b: T) => boolean, slot: (item: T) => HeapSlot): IndexedHeap<T> {
  const items: T[] = [];

  const put = (item: T, index: number): void => {
    items[index] = item;
    slot(item).index = index;
  };

  function up(item: T, from: number): number {
    let i = from;
    while (i > 0) {
      const parentIndex = (i - 1) >> 1;
      const parent = items[parentIndex];
      if (parent === undefined || !before(item, parent)) break;
      put(parent, i);
      i = parentIndex;
    }
    put(item, i);
    return i;
  }

  function down(item: T, from: number): void {
    let i = from;
    for (;;) {
      let childIndex = 2 * i + 1;
      let child = items[childIndex];
      if (child === undefined) break;
      const right = items[childIndex + 1];
      if (right !== undefined && before(right, child)) {
        child = right;
        childIndex += 1;
      }
      if (!before(child, item)) break;
      put(child, i);
      i = childIndex;
    }
    put(item, i);
  }

  const settle = (item: T, from: number): void => {
    if (up(item, from) === from) down(item, from);
  };

  return {
    push(item) {
      items.push(item);
      up(item, items.length - 1);
    },
    peek: () => items[0],
    remove(item) {
      const index = slot(item).index;
      if (index < 0) return;
      slot(item).index = -1;
      const last = items.pop();
      if (last !== undefined && last !== item) settle(last, index);
    },
    moved(item) {
      const index = slot(item).index;
      if (index >= 0) settle(item, index);
    },
    size: () => items.length,
  };
}
