import { z } from 'zod';
import { SHORTHAND } from './duration.ts';

export const objectName = z
  .string()
  .min(1, 'expected a name, found an empty text')
  .max(255, 'expected a name of at most 255 characters')
  .regex(
    /^[a-z0-9][a-z0-9.|/\\-]*[a-z0-9]*$/,
    'expected a name of lower-case letters, digits, "-", ".", "|", "/" and "\\" that begins with a letter or digit',
  );

export const durationText = z
  .string()
  .regex(
    SHORTHAND,
    'expected a duration: a whole number and one of m (minutes), h, d, w, M (months), Q, Y, such as "5m" or "4w"',
  );

export const description = z.string().max(1_050, 'expected at most 1050 characters').optional();

const labelValue = z
  .string()
  .max(63, 'expected at most 63 characters')
  .regex(
    /^[a-z0-9A-Z][a-z0-9A-Z._-]*[a-z0-9A-Z]*$/,
    'expected letters, digits, ".", "_" and "-", beginning with a letter or digit',
  );

const annotationKey = z
  .string()
  .regex(
    /^(([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]\/)?[a-z0-9A-Z][a-z0-9A-Z._-]{0,62}$/,
    'expected a name of at most 63 characters, with a DNS name and "/" before it if need be',
  );

export const metadata = z.looseObject({
  name: objectName,
  displayName: z.string().min(1, 'expected a text that is not empty').optional(),
  labels: z.record(z.string(), z.union([labelValue, z.array(z.string())])).optional(),
  annotations: z.record(annotationKey, z.json()).optional(),
});

export const operator = z.enum(['lte', 'gte', 'lt', 'gt']);
