import { describe, expect, it } from 'vitest';
import { EXPERIMENT, FULL, plant, SIMPLER } from './plant.test.support.ts';

describe('an experiment that reproduces an incident', { timeout: 60_000 }, () => {
  it('keeps it from being closed while it is red, blocks promotion, and frees both when it is green', async () => {
    const one = await plant();
    try {
      await one.seconds(12, () => FULL);
      const incident = await one.post('/api/v1/incidents', {
        service: 'mail',
        type: 'model_degradation',
        severity: 'SEV3',
        title: 'the model was down',
      });
      const command = (intent: object) =>
        one.post(`/api/v1/incidents/${String(incident.id)}/commands`, { intent });
      await command({ do: 'investigate' });
      await command({ do: 'mitigate' });
      await command({ do: 'resolve', resolution: 'restarted' });
      await command({ do: 'start_review' });
      await expect(command({ do: 'close' })).rejects.toThrow(/no experiment reproduces/);
      const experiment = { ...EXPERIMENT, incident: incident.id, blocks: ['promotion'] };
      await one.begin(experiment);
      await one.seconds(75, () => FULL);
      await expect(command({ do: 'close' })).rejects.toThrow(/is red/);
      expect(await one.get('/api/v1/services/mail/blocked')).toMatchObject({
        promotion: expect.stringContaining('model_failure is red'),
      });
      await one.begin(experiment);
      await one.seconds(75, (_, hit) => (hit ? SIMPLER : FULL));
      expect(await one.get('/api/v1/services/mail/blocked')).toEqual({ promotion: null });
      expect(await command({ do: 'close' })).toMatchObject({ status: 'closed' });
    } finally {
      await one.close();
    }
  });
});
