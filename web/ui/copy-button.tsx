import { ActionIcon } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useCopy } from './use-copy.ts';

/** @param what what it copies, as in "Copy user id" */
export function CopyButton({ value, what }: { value: string; what: string }) {
  const { isCopied, copy } = useCopy();
  const label = isCopied ? `Copied ${what}` : `Copy ${what}`;
  return (
    <ActionIcon variant="subtle" color="gray" size={44} aria-label={label} title={label} onClick={() => copy(value)}>
      {isCopied ? <IconCheck size={18} /> : <IconCopy size={18} />}
    </ActionIcon>
  );
}
