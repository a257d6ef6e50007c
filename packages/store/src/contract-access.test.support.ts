// biome-ignore lint/correctness/noUndeclaredDependencies: only tests import this file
import { describe, expect, it } from 'vitest';
import type { Contract } from './contract.test.support.ts';
import type { AuditEntry, KeyRow } from './store.ts';

const entry = (subject: string, more: Partial<AuditEntry> = {}): AuditEntry => ({
  at: 1_000,
  by: 'ann',
  action: 'directive.set',
  subject,
  service: 'moderation',
  detail: { rung: 'simple', z: [1, { b: 1, a: 2 }] },
  ...more,
});
const key = (id: string): KeyRow => ({
  id,
  name: 'ci',
  role: 'operator',
  hash: 'scrypt$1$2',
  createdAt: 10,
  createdBy: 'ann',
  expiresAt: 500,
  revokedAt: undefined,
});

export function accessContract(held: Contract): void {
  describe('audit', () => {
    it('lists newest first, with every filter', async () => {
      const { audit } = held.store;
      await audit.append([entry('a'), entry('b', { by: 'bob', service: undefined })]);
      await audit.append([entry('c', { action: 'key.add' })]);
      await audit.append([]);
      const subjects = async (filter: Omit<Parameters<typeof audit.list>[0], 'limit'>) =>
        (await audit.list({ limit: 10, ...filter })).map((found) => found.subject);
      expect(await subjects({})).toEqual(['c', 'b', 'a']);
      expect(await subjects({ by: 'bob' })).toEqual(['b']);
      expect(await subjects({ service: 'moderation' })).toEqual(['c', 'a']);
      expect(await subjects({ action: 'key.add' })).toEqual(['c']);
      const [newest] = await audit.list({ limit: 1 });
      expect(newest).toMatchObject({ ...entry('c', { action: 'key.add' }), id: 3 });
      expect(newest?.hash).toMatch(/^[0-9a-f]{64}$/);
      expect(await subjects({ before: 3 })).toEqual(['b', 'a']);
    });

    it('is one chain however many append at once', async () => {
      const second = await held.held.second();
      await Promise.all(
        Array.from({ length: 30 }, (_, i) =>
          (i % 2 === 0 ? held.store : second).audit.append([
            entry(`${i}a`, { detail: { text: 'ü\0\ud800' } }),
            entry(`${i}\0\ud800`),
          ]),
        ),
      );
      expect(await held.store.audit.verify()).toEqual({ entries: 60, brokenAt: undefined });
      if (second !== held.store) await second.close();
    });

    const damage: readonly (readonly [string, string, number])[] = [
      ['a changed subject', "update audit_entry set subject = 'x' where id = 4", 4],
      ['a changed stamp', 'update audit_entry set at = at + 1 where id = 2', 2],
      ['a changed detail', "update audit_entry set detail = '{}' where id = 1", 1],
      ['a changed hash', `update audit_entry set hash = '${'0'.repeat(64)}' where id = 3`, 3],
      ['a service taken away', 'update audit_entry set service = null where id = 6', 6],
      ['a removed first row', 'delete from audit_entry where id = 1', 1],
      ['a removed row', 'delete from audit_entry where id = 3', 3],
      ['a removed last row', 'delete from audit_entry where id = 6', 6],
      [
        'rows that changed places',
        'update audit_entry set id = case id when 2 then -3 else -2 end where id in (2, 3)',
        -3,
      ],
      [
        'an inserted row at the end',
        "insert into audit_entry (id, at, actor, action, subject, detail, hash) values (7, 1, 'x', 'y', 'z', '{}', 'h')",
        7,
      ],
      [
        'an inserted row at the beginning',
        "insert into audit_entry (id, at, actor, action, subject, detail, hash) values (0, 1, 'x', 'y', 'z', '{}', 'h')",
        0,
      ],
      ['a lost head', 'delete from audit_head', 0],
    ];
    it.each(damage)('verify finds %s', async (_name, sql, brokenAt) => {
      const { audit } = held.store;
      await audit.append(['a', 'b', 'c', 'd', 'e', 'f'].map((subject) => entry(subject)));
      expect(await audit.verify()).toEqual({ entries: 6, brokenAt: undefined });
      await (await held.held.other()).run([{ sql, params: [] }]);
      expect((await audit.verify()).brokenAt).toBe(brokenAt);
      expect(await held.store.integrity()).toEqual([expect.stringContaining('audit log')]);
    });

    it('is empty and whole at first', async () => {
      expect(await held.store.audit.verify()).toEqual({ entries: 0, brokenAt: undefined });
      expect(await held.store.integrity()).toEqual([]);
    });
  });

  describe('keys', () => {
    it('adds, finds, lists and revokes once', async () => {
      const { keys } = held.store;
      await keys.add(key('k1'));
      await keys.add({ ...key('k2'), createdAt: 5, expiresAt: undefined, role: 'admin' });
      await expect(keys.add(key('k1'))).rejects.toMatchObject({ code: 'conflict' });
      expect(await keys.get('k1')).toEqual(key('k1'));
      expect(await keys.get('k3')).toBeUndefined();
      expect((await keys.list()).map((found) => found.id)).toEqual(['k2', 'k1']);
      expect(await keys.revoke('k1', 99)).toBe(true);
      expect(await keys.revoke('k1', 100)).toBe(false);
      expect(await keys.revoke('k3', 100)).toBe(false);
      expect(await keys.get('k1')).toMatchObject({ revokedAt: 99 });
    });
  });

  describe('directives', () => {
    it('puts, renews, removes, and lists those in force', async () => {
      const { directives } = held.store;
      const directive = {
        id: 'd1',
        service: 'moderation',
        order: { kind: 'pin', rung: 'simple' },
        owner: 'ann',
        reason: 'the model is slow',
        createdAt: 1_000,
        expiresAt: 2_000.5,
      } as const;
      await directives.put(directive);
      await directives.put({ ...directive, id: 'd2', expiresAt: 5_000 });
      expect(await directives.active(1_500)).toEqual([
        directive,
        { ...directive, id: 'd2', expiresAt: 5_000 },
      ]);
      expect((await directives.active(2_001)).map(({ id }) => id)).toEqual(['d2']);
      await directives.put({ ...directive, expiresAt: 9_000 });
      expect((await directives.active(6_000)).map(({ id }) => id)).toEqual(['d1']);
      expect(await directives.remove('d1')).toBe(true);
      expect(await directives.remove('d1')).toBe(false);
      expect(await directives.active(6_000)).toEqual([]);
    });
  });
}
