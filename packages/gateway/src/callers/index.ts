export { createIdentify, type Identify, type Identity } from './identify.ts';
