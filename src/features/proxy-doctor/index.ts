// Whether clients' addresses reach the server through its proxies, and the very lines that mend it where they do not.
import type { RequestObserver } from '../../http/request-observer.ts';
import type { Feature } from '../feature.ts';
import { createDoctor } from './doctor.ts';
import type { DoctorParts } from './doctor.ts';
import { createProxyDoctorRoutes } from './routes.ts';

export interface ProxyDoctor extends Feature {
  /** To be told of every request. */
  observer: RequestObserver;
}

export function createProxyDoctor(parts: DoctorParts): ProxyDoctor {
  const doctor = createDoctor(parts);
  return { observer: doctor.observer, healthParts: doctor.healthParts, routes: createProxyDoctorRoutes(doctor) };
}
