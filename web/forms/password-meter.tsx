import type { Texts } from '../texts/texts.ts';
import { useTexts } from '../texts/use-texts.ts';
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

const scores: readonly Pick<Reading, 'level' | 'tone'>[] = [
  { level: 1, tone: 'low' },
  { level: 1, tone: 'low' },
  { level: 2, tone: 'middle' },
  { level: 3, tone: 'high' },
  { level: 4, tone: 'high' },
];

function reading({ value, rules, assessment }: Props, texts: Texts['newPassword']): Reading {
  const { strength } = texts;
  const none = { level: 0, tone: 'low', hints: [] } as const;
  const missing = charactersMissing(value, rules);
  if (missing > 0) return { ...none, label: texts.charactersMissing(missing) };
  if (bytesLeft(value, rules) < 0) return { ...none, label: strength.tooLong };
  if (assessment === undefined) return { ...none, label: strength.checking };
  if (assessment === 'failed') return { ...none, label: strength.unknown };
  if (!assessment.acceptable) return { ...none, level: 1, label: strength.refused, hints: assessment.refusals };
  const { score, suggestions } = assessment;
  return { ...none, ...scores[score], label: strength.scores[score] ?? '', hints: score < 3 ? suggestions : [] };
}

/** How strong a password is, what would make it better, and how much room is left (PW-02). */
export function PasswordMeter(props: Props) {
  const texts = useTexts().newPassword;
  const { level, tone, label, hints } = reading(props, texts);
  const left = bytesLeft(props.value, props.rules);
  return (
    <div className={classes.meter}>
      <div className={classes.bar} data-tone={tone} aria-hidden="true">
        {[1, 2, 3, 4].map((part) => (
          <span key={part} data-filled={part <= level || undefined} />
        ))}
      </div>
      <div className={classes.line}>
        <span aria-live="polite">
          <span className={classes.prefix}>{texts.strength.label} </span>
          {label}
        </span>
        <span className={classes.left}>{left >= 0 ? texts.bytesLeft(left) : texts.bytesTooLong(-left)}</span>
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
