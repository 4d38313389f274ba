// Fixed headers, computed once by helmet: calling it for each request costs a third of Express's throughput.
import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';
import type { HelmetOptions } from 'helmet';

export type HeaderList = readonly (readonly [name: string, value: string])[];

const PERMISSIONS_POLICY =
  'accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()';

function computedByHelmet(options: HelmetOptions): HeaderList {
  const headers: [string, string][] = [];
  const recorder = {
    setHeader: (name: string, value: string) => headers.push([name, value]),
    removeHeader: () => {},
  };
  helmet(options)({} as IncomingMessage, recorder as unknown as ServerResponse, () => {});
  return [...headers, ['Permissions-Policy', PERMISSIONS_POLICY]];
}

interface Options {
  /** Only where people come by https; a browser would refuse http://localhost for a year otherwise. */
  strictTransportSecurity: boolean;
}

function common(options: Options) {
  return {
    strictTransportSecurity: options.strictTransportSecurity ? { maxAge: 31_536_000, includeSubDomains: true } : false,
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    crossOriginEmbedderPolicy: false,
  } as const satisfies HelmetOptions;
}

/**
 * For every answer that is not a page: nothing in it may be run, shown in a frame, or be fetched by its content. Without those
 * that only speak to a document: each header costs the busiest answers about half a percent.
 */
export function apiHeaders(options: Options): HeaderList {
  return computedByHelmet({
    ...common(options),
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
    },
  });
}

/** The place of the nonce in what `pageHeaders` returns. */
export const NONCE = '__CSP_NONCE__';

/** For pages: everything from this site only; scripts and styles also by a nonce that is fresh for each answer. */
export function pageHeaders(options: Options): HeaderList {
  return computedByHelmet({
    ...common(options),
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'self'"],
        'script-src': ["'self'", `'nonce-${NONCE}'`],
        'style-src': ["'self'", `'nonce-${NONCE}'`],
        'img-src': ["'self'", 'data:'],
        'font-src': ["'self'"],
        'connect-src': ["'self'"],
        'object-src': ["'none'"],
        'base-uri': ["'none'"],
        'frame-ancestors': ["'none'"],
        'form-action': ["'self'"],
      },
    },
  });
}
