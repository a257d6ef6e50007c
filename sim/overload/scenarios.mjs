// Ten workers, 50 ms of exponential service (200 requests a second), a deadline of 500 ms. Rates are per second.
const WORKERS = 10;
const MEAN_MS = 50;
const base = {
  serviceMs: MEAN_MS,
  deadlineMs: 500,
  workers: () => WORKERS,
  service: (_now, _random, exponential) => exponential(MEAN_MS),
};
const flow = (rate, priority = 2, tenant = 'a') => ({ rate, priority, tenant });

/** Every scenario; `scale` shortens them for a quick look. */
export function scenarios(scale = 1) {
  const third = Math.max(20, Math.round(150 * scale));
  const long = Math.max(60, Math.round(300 * scale));
  const lastPart = (offered, capacity = 200) => [
    { name: 'last two thirds', from: Math.round(long / 3), to: long, offered, capacity },
  ];
  const settle = Math.round(third / 5);
  const thirds = (offered, middle, attainable = 1) => [
    { name: 'before', from: settle, to: third, offered, capacity: 200 },
    {
      name: 'during',
      from: third + settle,
      to: 2 * third,
      offered,
      capacity: middle,
      attainable,
      recoverFrom: third,
    },
    {
      name: 'after',
      from: 2 * third + settle,
      to: 3 * third,
      offered,
      capacity: 200,
      recoverFrom: 2 * third,
    },
  ];
  return {
    A: { ...base, title: '1.3 times the capacity', seconds: long, flows: [flow(260)], phases: lastPart(260) },
    B: {
      ...base,
      title: 'service four times slower in the middle third (140/s)',
      seconds: 3 * third,
      flows: [flow(140)],
      service: (now, _random, exponential) =>
        exponential(now >= third * 1000 && now < 2 * third * 1000 ? 4 * MEAN_MS : MEAN_MS),
      // One in twelve takes over 500 ms by itself: no admission control can have it in time.
      phases: thirds(140, 50, 1 - Math.exp(-500 / (4 * MEAN_MS))),
    },
    C: { ...base, title: '3 times the capacity', seconds: long, flows: [flow(600)], phases: lastPart(600) },
    near: {
      ...base,
      title: '95 % of the capacity',
      seconds: long,
      flows: [flow(190)],
      phases: lastPart(190),
    },
    bimodal: {
      ...base,
      title: '1.3 times the capacity, 90 % take 20 ms and 10 % 320 ms',
      seconds: long,
      flows: [flow(260)],
      service: (_now, random) => (random() < 0.9 ? 20 : 320),
      phases: lastPart(260),
    },
    single: {
      ...base,
      title: 'one worker of 20 ms (50/s), 1.5 times that asked for',
      seconds: long,
      flows: [flow(75)],
      workers: () => 1,
      service: (_now, _random, exponential) => exponential(20),
      serviceMs: 20,
      phases: lastPart(75, 50),
    },
    low: { ...base, title: 'two requests a second', seconds: long, flows: [flow(2)], phases: lastPart(2) },
    tenants: {
      ...base,
      title: 'tenant b asks for 60/s while tenant a floods with 600/s',
      seconds: long,
      flows: [flow(600, 2, 'a'), flow(60, 2, 'b')],
      phases: lastPart(660),
    },
    priorities: {
      ...base,
      title: '3 times the capacity in four classes; class 0 alone is half of it',
      seconds: long,
      flows: [flow(100, 0), flow(80, 1), flow(200, 2), flow(220, 3)],
      phases: lastPart(600),
    },
    halved: {
      ...base,
      title: 'five of ten workers gone in the middle third (180/s)',
      seconds: 3 * third,
      flows: [flow(180)],
      workers: (now) => (now >= third * 1000 && now < 2 * third * 1000 ? WORKERS / 2 : WORKERS),
      phases: thirds(180, 100),
    },
    retries: {
      ...base,
      title: '1.3 times the capacity; a refused client asks again up to three times',
      seconds: long,
      flows: [flow(260)],
      retries: 3,
      phases: lastPart(260),
    },
  };
}
