// Traffic for the comparison of arms: users who differ among themselves, a few of whom send most of it.

/** One arm that fills up. `uneven` in [0, 1]: how far the users' own shares lie from the mean. */
export function filler(core, random, { share, uneven, users }) {
  const figures = core.newArmFigures();
  // A fresh set of users for each run: their unevenness is a part of the chance that the interval must bear.
  const own = Array.from({ length: users }, () => share * (1 + uneven * (2 * random() - 1)));
  const group = own.map(() => Math.floor(random() * core.USER_GROUPS));
  return {
    figures,
    add(n) {
      for (let i = 0; i < n; i++) {
        const user = Math.floor(random() ** 2 * users);
        figures.requests += 1;
        figures.groupRequests[group[user]] += 1;
        if (random() >= own[user]) continue;
        figures.errors += 1;
        figures.groupEvents.errors[group[user]] += 1;
      }
    },
  };
}

/** Runs to a verdict or to `looks`, looking after every 100 requests of the experiment arm. */
export function compare(core, seed, { experiment, control, margin, uneven, looks = 100, users = 300 }) {
  const random = core.seededRandom(seed);
  const a = filler(core, random, { share: experiment, uneven, users });
  const b = filler(core, random, { share: control, uneven, users: users * 3 });
  let differed = false;
  for (let look = 1; look <= looks; look++) {
    a.add(100);
    b.add(300);
    const { verdict, differs } = core.compareArms('errors', a.figures, b.figures, { margin });
    differed ||= differs;
    if (verdict === 'over' || verdict === 'within') return { verdict, differed, requests: look * 100 };
  }
  return { verdict: 'undecided', differed, requests: looks * 100 };
}

/** As above, without stopping: whether zero was ever excluded in all looks. */
export function everDiffers(core, seed, { share, uneven, looks = 100, users = 300 }) {
  const random = core.seededRandom(seed);
  const a = filler(core, random, { share, uneven, users });
  const b = filler(core, random, { share, uneven, users: users * 3 });
  for (let look = 0; look < looks; look++) {
    a.add(100);
    b.add(300);
    if (core.compareArms('errors', a.figures, b.figures, { margin: 0.02 }).differs) return true;
  }
  return false;
}
