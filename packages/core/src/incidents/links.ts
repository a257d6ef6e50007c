// Paths of the API under which the figures of a piece of evidence can be looked up. One place, so that they move together.

const ROOT = '/api/v1';
const part = encodeURIComponent;

function span(from: number, to: number): string {
  return `from=${Math.floor(from)}&to=${Math.ceil(to)}`;
}

export function servicePath(service: string): string {
  return `${ROOT}/services/${part(service)}`;
}

export function objectivePath(service: string, objective: string): string {
  return `${ROOT}/objectives/${part(service)}/${part(objective)}`;
}

export function monitorPath(service: string, monitor: string): string {
  return `${ROOT}/monitors/${part(service)}/${part(monitor)}`;
}

export function requestsPath(service: string, from: number, to: number, level?: string): string {
  const only = level === undefined ? '' : `&level=${part(level)}`;
  return `${ROOT}/requests?service=${part(service)}&${span(from, to)}${only}`;
}

export function signalsPath(service: string, type: string, from: number, to: number): string {
  return `${ROOT}/signals?service=${part(service)}&type=${part(type)}&${span(from, to)}`;
}

export function feedbackPath(service: string, from: number, to: number): string {
  return `${ROOT}/feedback?service=${part(service)}&${span(from, to)}`;
}

export function changePath(id: string): string {
  return `${ROOT}/changes/${part(id)}`;
}

export function runPath(run: string): string {
  return `${ROOT}/runs/${part(run)}`;
}

export function queuePath(service: string): string {
  return `${ROOT}/queues?service=${part(service)}`;
}

export function incidentPath(id: string): string {
  return `${ROOT}/incidents/${part(id)}`;
}

export function experimentPath(id: string): string {
  return `${ROOT}/experiments/${part(id)}`;
}
