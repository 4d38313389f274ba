import { Button } from '@mantine/core';
import type { TextInputProps } from '@mantine/core';
import { IconCheck, IconCopy, IconSparkles } from '@tabler/icons-react';
import { useId, useState } from 'react';
import { useTexts } from '../texts/use-texts.ts';
import { PasswordField } from '../ui/password-field.tsx';
import { useCopy } from '../ui/use-copy.ts';
import classes from './new-password-field.module.css';
import { proposePassphrase } from './passphrase.ts';
import { PasswordMeter } from './password-meter.tsx';
import type { PasswordRules } from './sign-in-options.ts';
import { useAssessment } from './use-assessment.ts';
import type { PasswordContext } from './use-assessment.ts';

interface Props extends Omit<TextInputProps, 'value' | 'onChange'> {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** Undefined until the server has told them. */
  rules: PasswordRules | undefined;
  context: PasswordContext;
}

interface ProposalProps {
  value: string;
  /** Whether the password may be seen. */
  isReadable: boolean;
  onProposed: (passphrase: string) => void;
}

/** The passphrase is also shown in full: the field is too narrow for most of them. */
function Proposal({ value, isReadable, onProposed }: ProposalProps) {
  const texts = useTexts().newPassword;
  const [proposal, setProposal] = useState<string>();
  const { isCopied, copy } = useCopy();
  const propose = async () => {
    const passphrase = await proposePassphrase();
    setProposal(passphrase);
    onProposed(passphrase);
  };
  const isShown = proposal !== undefined && proposal === value;
  const small = { variant: 'subtle', size: 'compact-sm', className: classes.button ?? '' } as const;
  return (
    <div className={classes.buttons}>
      {isShown && isReadable && <p className={classes.proposal}>{proposal}</p>}
      <Button {...small} leftSection={<IconSparkles size={16} />} onClick={() => void propose()}>
        {isShown ? texts.suggestAnother : texts.suggest}
      </Button>
      {isShown && (
        <Button
          {...small}
          leftSection={isCopied ? <IconCheck size={16} /> : <IconCopy size={16} />}
          onClick={() => copy(proposal)}
        >
          {isCopied ? texts.copied : texts.copy}
        </Button>
      )}
    </div>
  );
}

/** For a password that is being chosen: what it must be, how strong it is, and a good one on request. */
export function NewPasswordField({ value, onChange, rules, context, ...props }: Props) {
  const { fields, newPassword } = useTexts();
  const [isVisible, setVisible] = useState(false);
  const assessment = useAssessment(value, context);
  const id = useId();
  const take = (passphrase: string) => {
    setVisible(true);
    onChange(passphrase);
  };
  return (
    <div className={classes.field}>
      <PasswordField
        {...props}
        id={id}
        autoComplete="new-password"
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        visible={isVisible}
        onVisibilityChange={setVisible}
        showLabel={fields.showPassword}
        hideLabel={fields.hidePassword}
        {...(rules !== undefined && { description: newPassword.rule(rules.minLength) })}
      />
      {rules !== undefined && value !== '' && <PasswordMeter value={value} rules={rules} assessment={assessment} />}
      <Proposal value={value} isReadable={isVisible} onProposed={take} />
    </div>
  );
}
