import { PRIORITIES, type Priority } from '../kernel/level.ts';
import { type HeapSlot, type IndexedHeap, indexedHeap } from './indexed-heap.ts';

/** One waiter's place. Opaque but for what it holds. */
export interface QueueEntry<T> {
  readonly item: T;
  readonly priority: Priority;
  readonly tenant: string;
  readonly weight: number;
}

/**
 * A queue ordered by class, and inside a class fair between tenants by weight: start-time fair queueing (Goyal, Vin and
 * Cheng, SIGCOMM 1996), with tags given when a waiter comes to the head of its tenant's line, so that one who left
 * without being served costs its tenant nothing. Every operation is O(log tenants) or O(1).
 *
 * Fairness bound: while two tenants of equal share both wait in a class, the weights taken for them over any stretch
 * differ by no more than the sum of their largest single weights.
 */
export interface FairQueue<T> {
  push(item: T, priority: Priority, tenant: string, weight: number): QueueEntry<T>;
  /** Who is next, or undefined. */
  peek(): QueueEntry<T> | undefined;
  shift(): QueueEntry<T> | undefined;
  /** @returns false when it had left already */
  remove(entry: QueueEntry<T>): boolean;
  size(): number;
  weight(): number;
  /** Weight waiting in this class and in the ones before it. */
  weightUpTo(priority: Priority): number;
  /** Number of tenants with somebody waiting in this class. */
  tenantsOf(priority: Priority): number;
  /** Weight this tenant has waiting in a class, over its share. */
  loadOf(priority: Priority, tenant: string): number;
  /** The newest waiter of the tenant that has most waiting in a class over its share, and that load. */
  heaviest(priority: Priority): { readonly entry: QueueEntry<T>; readonly load: number } | undefined;
  /** The last class that has somebody waiting. */
  lastClass(): Priority | undefined;
}

/** A class only so that an entry handed back is known for what it is. */
class Node<T> implements QueueEntry<T> {
  readonly item: T;
  readonly priority: Priority;
  readonly tenant: string;
  readonly weight: number;
  lane: Lane<T> | undefined;
  previous: Node<T> | undefined;
  next: Node<T> | undefined = undefined;

  constructor(item: T, priority: Priority, weight: number, lane: Lane<T>) {
    this.item = item;
    this.priority = priority;
    this.tenant = lane.tenant;
    this.weight = weight;
    this.lane = lane;
    this.previous = lane.tail;
  }
}

interface Lane<T> {
  readonly tenant: string;
  readonly share: number;
  head: Node<T> | undefined;
  tail: Node<T> | undefined;
  /** Weight waiting. */
  weight: number;
  /** Start tag of the head, or where the last one served ended when empty. */
  tag: number;
  order: number;
  readonly turn: HeapSlot;
  readonly load: HeapSlot;
}

interface ClassQueue<T> {
  readonly lanes: Map<string, Lane<T>>;
  readonly turns: IndexedHeap<Lane<T>>;
  readonly loads: IndexedHeap<Lane<T>>;
  virtual: number;
  size: number;
  weight: number;
  /** Number of lanes at which idle ones are swept out: doubling keeps the cost of sweeping constant per waiter. */
  sweepAt: number;
}

const SWEEP_FROM = 64;

function classQueue<T>(): ClassQueue<T> {
  return {
    lanes: new Map(),
    turns: indexedHeap<Lane<T>>(
      (a, b) => a.tag < b.tag || (a.tag === b.tag && a.order < b.order),
      (lane) => lane.turn,
    ),
    loads: indexedHeap<Lane<T>>(
      (a, b) => a.weight / a.share > b.weight / b.share,
      (lane) => lane.load,
    ),
    virtual: 0,
    size: 0,
    weight: 0,
    sweepAt: SWEEP_FROM,
  };
}

/** Tags of lanes that ended in the past no longer matter. */
function forgetIdle<T>(queue: ClassQueue<T>): void {
  if (queue.size === 0) {
    queue.lanes.clear();
    queue.virtual = 0;
    queue.sweepAt = SWEEP_FROM;
    return;
  }
  if (queue.lanes.size < queue.sweepAt) return;
  for (const [tenant, lane] of queue.lanes) {
    if (lane.head === undefined && lane.tag <= queue.virtual) queue.lanes.delete(tenant);
  }
  queue.sweepAt = Math.max(SWEEP_FROM, 2 * queue.lanes.size);
}

/** @param share a tenant's weight against others, over 0 (default 1 for all) */
export function fairQueue<T>(share: (tenant: string) => number = () => 1): FairQueue<T> {
  const classes = { 0: classQueue<T>(), 1: classQueue<T>(), 2: classQueue<T>(), 3: classQueue<T>() };
  let size = 0;
  let weight = 0;
  let order = 0;

  function laneOf(queue: ClassQueue<T>, tenant: string): Lane<T> {
    const known = queue.lanes.get(tenant);
    if (known !== undefined) return known;
    const lane: Lane<T> = {
      tenant,
      share: Math.max(1e-6, share(tenant)),
      head: undefined,
      tail: undefined,
      weight: 0,
      tag: 0,
      order: 0,
      turn: { index: -1 },
      load: { index: -1 },
    };
    queue.lanes.set(tenant, lane);
    return lane;
  }

  function unlink(queue: ClassQueue<T>, lane: Lane<T>, node: Node<T>): void {
    if (node.previous === undefined) lane.head = node.next;
    else node.previous.next = node.next;
    if (node.next === undefined) lane.tail = node.previous;
    else node.next.previous = node.previous;
    node.lane = undefined;
    node.previous = undefined;
    node.next = undefined;
    lane.weight -= node.weight;
    queue.weight -= node.weight;
    weight -= node.weight;
    queue.size -= 1;
    size -= 1;
    if (queue.size === 0) queue.weight = 0;
    if (size === 0) weight = 0;
    if (lane.head === undefined) {
      lane.weight = 0;
      queue.turns.remove(lane);
      queue.loads.remove(lane);
    } else queue.loads.moved(lane);
  }

  function firstClass(): ClassQueue<T> | undefined {
    for (const priority of PRIORITIES) if (classes[priority].size > 0) return classes[priority];
    return undefined;
  }

  return {
    push(item, priority, tenant, itemWeight) {
      const queue = classes[priority];
      const lane = laneOf(queue, tenant);
      const node = new Node(item, priority, itemWeight, lane);
      lane.weight += itemWeight;
      queue.weight += itemWeight;
      weight += itemWeight;
      queue.size += 1;
      size += 1;
      if (lane.tail === undefined) {
        lane.head = node;
        lane.tail = node;
        lane.tag = Math.max(queue.virtual, lane.tag);
        lane.order = order++;
        queue.turns.push(lane);
        queue.loads.push(lane);
      } else {
        lane.tail.next = node;
        lane.tail = node;
        queue.loads.moved(lane);
      }
      return node;
    },
    peek: () => firstClass()?.turns.peek()?.head,
    shift() {
      const queue = firstClass();
      const lane = queue?.turns.peek();
      const node = lane?.head;
      if (queue === undefined || lane === undefined || node === undefined) return undefined;
      queue.virtual = Math.max(queue.virtual, lane.tag);
      lane.tag += node.weight / lane.share;
      lane.order = order++;
      unlink(queue, lane, node);
      queue.turns.moved(lane);
      forgetIdle(queue);
      return node;
    },
    remove(entry) {
      const queue = classes[entry.priority];
      const lane = queue.lanes.get(entry.tenant);
      if (!(entry instanceof Node) || lane === undefined || entry.lane !== lane) return false;
      unlink(queue, lane, entry);
      forgetIdle(queue);
      return true;
    },
    size: () => size,
    weight: () => weight,
    weightUpTo(priority) {
      let sum = 0;
      for (const p of PRIORITIES) if (p <= priority) sum += classes[p].weight;
      return sum;
    },
    tenantsOf: (priority) => classes[priority].turns.size(),
    loadOf(priority, tenant) {
      const lane = classes[priority].lanes.get(tenant);
      return lane === undefined ? 0 : lane.weight / lane.share;
    },
    heaviest(priority) {
      const lane = classes[priority].loads.peek();
      if (lane?.tail === undefined) return undefined;
      return { entry: lane.tail, load: lane.weight / lane.share };
    },
    lastClass() {
      for (const priority of [3, 2, 1, 0] as const) if (classes[priority].size > 0) return priority;
      return undefined;
    },
  };
}
