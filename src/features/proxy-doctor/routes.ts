import { listProxyFindings } from '#contract/proxy.ts';
import { answer, route } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import type { Doctor } from './doctor.ts';

export function createProxyDoctorRoutes(doctor: Doctor): Route[] {
  return [route(listProxyFindings, async () => answer(200, doctor.report()))];
}
