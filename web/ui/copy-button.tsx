import { ActionIcon } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useCopy } from './use-copy.ts';

interface Props {
  value: string;
  /** What a press does, such as "Copy user ID". */
  label: string;
  copiedLabel: string;
}

export function CopyButton({ value, label: copyLabel, copiedLabel }: Props) {
  const { isCopied, copy } = useCopy();
  const label = isCopied ? copiedLabel : copyLabel;
  return (
    <ActionIcon variant="subtle" color="gray" size={44} aria-label={label} title={label} onClick={() => copy(value)}>
      {isCopied ? <IconCheck size={18} /> : <IconCopy size={18} />}
    </ActionIcon>
  );
}
