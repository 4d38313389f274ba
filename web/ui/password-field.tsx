import { ActionIcon, TextInput } from '@mantine/core';
import type { TextInputProps } from '@mantine/core';
import { IconEye, IconEyeOff } from '@tabler/icons-react';
import { useState } from 'react';

interface Props extends Omit<TextInputProps, 'type' | 'rightSection' | 'autoComplete'> {
  /** What a password manager should do with it. */
  autoComplete: 'current-password' | 'new-password';
  showLabel: string;
  hideLabel: string;
  /** Where the owner shows and hides it as well. */
  visible?: boolean;
  onVisibilityChange?: (visible: boolean) => void;
}

/**
 * Hidden until its button shows it; what is pasted and what a password manager fills in is taken (PW-15). Not Mantine's
 * PasswordInput: that one leaves the button out of the tab order and does not say that the input is invalid.
 */
export function PasswordField({ visible, onVisibilityChange, showLabel, hideLabel, ...props }: Props) {
  const [ownVisible, setOwnVisible] = useState(false);
  const isVisible = visible ?? ownVisible;
  const toggle = () => (onVisibilityChange ?? setOwnVisible)(!isVisible);
  return (
    <TextInput
      {...props}
      type={isVisible ? 'text' : 'password'}
      autoCapitalize="none"
      autoCorrect="off"
      spellCheck={false}
      rightSectionWidth={44}
      rightSection={
        <ActionIcon
          variant="transparent"
          color="gray"
          size={44}
          aria-label={showLabel}
          aria-pressed={isVisible}
          title={isVisible ? hideLabel : showLabel}
          onClick={toggle}
        >
          {isVisible ? <IconEyeOff size={20} /> : <IconEye size={20} />}
        </ActionIcon>
      }
    />
  );
}
