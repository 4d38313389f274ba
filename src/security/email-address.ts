/** One human sentence, shown beside the field and in a refusal. */
export const EMAIL_RULE =
  'An e-mail address is one address such as name@example.org, without quotes, commas or spaces, of at most 254 characters.';

export type EmailAddress = {
  /** As typed, for showing and sending: local part in its own case, domain in ASCII lower case. */
  readonly address: string;
  /** All in lower case: what is compared and unique. No Gmail dot rule: that is one provider's, not everyone's. */
  readonly canonical: string;
};

const LONGEST_INPUT = 1024;
const LONGEST_ADDRESS = 254; // RFC 5321 4.5.3.1.3: a path of 256 less its angle brackets
const LONGEST_LOCAL_PART = 64; // RFC 5321 4.5.3.1.1

// RFC 5322 3.2.3 dot-atom. Quoted local parts are refused: "a@b"@c is one address to one parser and another to the next.
const LOCAL_PART = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/;

// Of ASCII only letters, digits, dot and hyphen reach the URL parser, so no port, path, user, IPv6 or %-escape can be
// written; of the rest nothing that is invisible, since UTS 46 drops it silently and two texts become one domain.
const DOMAIN_INPUT = /^(?:[A-Za-z0-9.-]|[^\u0000-\u007f])+$/u;
const INVISIBLE = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u;

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const DIGITS = /^\d+$/;

/**
 * One mail address in the form in which it is kept and the form in which it is unique, or undefined where it is none.
 * It is validated after it was normalised (PW-19), and nothing that could start a second recipient or header passes (IN-13).
 */
export function canonicalEmailAddress(input: string): EmailAddress | undefined {
  if (input.length > LONGEST_INPUT) return undefined;
  const text = input.trim().normalize('NFC');
  const parts = text.split('@'); // ASCII @ only: a full-width one stays where it is and is refused
  const [localPart, typedDomain] = parts;
  if (parts.length !== 2 || localPart === undefined || typedDomain === undefined) return undefined;
  if (localPart.length > LONGEST_LOCAL_PART || !LOCAL_PART.test(localPart)) return undefined;
  const domain = asciiDomain(typedDomain);
  if (domain === undefined) return undefined;
  const address = `${localPart}@${domain}`;
  if (address.length > LONGEST_ADDRESS) return undefined;
  return { address, canonical: address.toLowerCase() };
}

function asciiDomain(typed: string): string | undefined {
  if (!DOMAIN_INPUT.test(typed) || INVISIBLE.test(typed)) return undefined;
  const url = `http://${typed}/`;
  if (!URL.canParse(url)) return undefined;
  const domain = new URL(url).hostname;
  const labels = domain.split('.');
  if (labels.length < 2 || !labels.every((label) => LABEL.test(label))) return undefined;
  // The URL parser reads 0x7f.1 and １２７.1 as IPv4 addresses; whatever ends in a number is an address, not a domain.
  return DIGITS.test(labels.at(-1) ?? '') ? undefined : domain;
}
