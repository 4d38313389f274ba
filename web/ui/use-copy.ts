import { useClipboard } from '@mantine/hooks';

/** The clipboard, and for two seconds that it worked. */
export function useCopy(): { isCopied: boolean; copy: (text: string) => void } {
  const { copied, copy } = useClipboard({ timeout: 2000 });
  return { isCopied: copied, copy };
}
