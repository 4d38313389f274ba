import type { HealthPart } from '#contract/health.ts';
import type { ProxyFinding, ProxyFindings } from '#contract/proxy.ts';
import type { ClientAddress } from '../../http/client-address.ts';
import type { RequestObserver } from '../../http/request-observer.ts';
import { diagnose } from './diagnose.ts';
import { createProxyObservations } from './observations.ts';
import type { ProxySettings } from './remedies.ts';

export interface Doctor {
  /** To be told of every request. */
  observer: RequestObserver;
  report(): ProxyFindings;
  /** One that is well, or one for each finding. No finding is a reason to send requests elsewhere. */
  healthParts(): HealthPart[];
}

export interface DoctorParts {
  clientAddress: Pick<ClientAddress, 'peerOf' | 'isTrusted'>;
  settings: ProxySettings;
  /** For the log: each finding once, when it appears; again where it has been away. */
  warn: (fields: Record<string, unknown>, message: string) => void;
  now: () => number;
}

const NAME = 'proxy';

export function createDoctor({ clientAddress, settings, warn, now }: DoctorParts): Doctor {
  const observations = createProxyObservations({ clientAddress, now });
  const find = (): ProxyFinding[] => diagnose(observations.read(), settings);
  const announce = ({ kind, peer, detail, remedies }: ProxyFinding): void =>
    warn(
      { kind, peer, detail, remedy: remedies[0]?.line, where: remedies[0]?.where },
      'clients’ addresses may be wrong: look at TRUSTED_PROXIES',
    );
  let known = new Set<string>();

  observations.eachMinute(() => {
    const now = new Map(find().map((finding) => [`${finding.kind} ${finding.peer}`, finding]));
    for (const [key, finding] of now) if (!known.has(key)) announce(finding);
    known = new Set(now.keys());
  });

  return {
    observer: observations,
    report() {
      const observed = observations.read();
      return {
        trustedProxies: [...settings.trustedProxies],
        observedMinutes: observed.minutes,
        requests: observed.requests,
        findings: diagnose(observed, settings),
      };
    },
    healthParts() {
      const findings = find();
      if (findings.length === 0) return [{ name: NAME, status: 'ok' }];
      return findings.map(({ detail, remedies }) => ({ name: NAME, status: 'degraded', detail, remedies }));
    },
  };
}
