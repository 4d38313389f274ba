import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { RouterProvider } from 'react-router/dom';
import { queryClient } from '../api/client.ts';
import { cssVariables, theme } from '../styles/theme.ts';
import type { Texts } from '../texts/texts.ts';
import { TextsProvider } from '../texts/use-texts.ts';
import { createRouter } from './router.tsx';

const router = createRouter();

/** The server puts a fresh nonce into each page; styles made later carry it too. */
const nonce = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? '';

export function App({ texts }: { texts: Texts }) {
  return (
    <StrictMode>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={cssVariables}
        defaultColorScheme="auto"
        getStyleNonce={() => nonce}
      >
        <QueryClientProvider client={queryClient}>
          <TextsProvider value={texts}>
            <RouterProvider router={router} />
          </TextsProvider>
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>
  );
}
