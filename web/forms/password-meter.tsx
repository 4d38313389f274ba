import { passwordBytes } from '../../src/security/password-limits.ts';
import classes from './password-meter.module.css';
import { bytesLeft, charactersMissing } from './password-size.ts';
import type { PasswordRules } from './sign-in-options.ts';
import type { Assessment } from './use-assessment.ts';

interface Props {
  value: string;
  rules: PasswordRules;
  assessment: Assessment | 'failed' | undefined;
}

interface Reading {
  /** Filled parts of the bar, of four. */
  level: number;
  tone: 'low' | 'middle' | 'high';
  label: string;
  hints: readonly string[];
}

const scores: readonly Pick<Reading, 'level' | 'tone' | 'label'>[] = [
  { level: 1, tone: 'low', label: 'Weak' },
  { level: 1, tone: 'low', label: 'Weak' },
  { level: 2, tone: 'middle', label: 'Fair' },
  { level: 3, tone: 'high', label: 'Strong' },
  { level: 4, tone: 'high', label: 'Very strong' },
];

function reading({ value, rules, assessment }: Props): Reading {
  const missing = charactersMissing(value, rules);
  if (missing !== undefined) return { level: 0, tone: 'low', label: missing, hints: [] };
  if (passwordBytes(value) > rules.maxBytes) return { level: 0, tone: 'low', label: 'Too long', hints: [] };
  if (assessment === undefined) return { level: 0, tone: 'low', label: 'Checking …', hints: [] };
  if (assessment === 'failed')
    return { level: 0, tone: 'low', label: 'Strength is not known at the moment', hints: [] };
  if (!assessment.acceptable) return { level: 1, tone: 'low', label: 'Cannot be used', hints: assessment.refusals };
  const score = scores[assessment.score] ?? { level: 0, tone: 'low', label: '' };
  return { ...score, hints: assessment.score < 3 ? assessment.suggestions : [] };
}

/** How strong a password is, what would make it better, and how much room is left (PW-02). */
export function PasswordMeter(props: Props) {
  const { level, tone, label, hints } = reading(props);
  return (
    <div className={classes.meter}>
      <div className={classes.bar} data-tone={tone} aria-hidden="true">
        {[1, 2, 3, 4].map((part) => (
          <span key={part} data-filled={part <= level || undefined} />
        ))}
      </div>
      <div className={classes.line}>
        <span aria-live="polite">
          <span className={classes.prefix}>Strength: </span>
          {label}
        </span>
        <span className={classes.left}>{bytesLeft(props.value, props.rules)}</span>
      </div>
      {hints.length > 0 && (
        <ul className={classes.hints}>
          {hints.map((hint) => (
            <li key={hint}>{hint}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
