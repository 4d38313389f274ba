// One accent colour, neutral greys, Inter, an 8 px grid. Every pair of colours that carries text has a contrast of 4.5 or more.
import { createTheme } from '@mantine/core';
import type { CSSVariablesResolver, MantineColorsTuple } from '@mantine/core';

const pine: MantineColorsTuple = [
  '#eef8f5',
  '#d9eee8',
  '#b3ddd2',
  '#86c8b9',
  '#5bb3a0',
  '#379d88',
  '#1b8a76',
  '#0f7a68',
  '#0c6a5b',
  '#09574b',
];

const gray: MantineColorsTuple = [
  '#f7f8f8',
  '#f0f1f2',
  '#e5e7e8',
  '#d8dbdd',
  '#c2c7ca',
  '#9aa1a6',
  '#5f676d',
  '#454c52',
  '#2b3136',
  '#171b1f',
];

const dark: MantineColorsTuple = [
  '#e7e9ea',
  '#c6cacd',
  '#9ca3a8',
  '#7b8388',
  '#33393e',
  '#2a3034',
  '#1f2427',
  '#15191b',
  '#0f1214',
  '#0a0c0e',
];

/** Fingers need 44 px. */
const TARGET = '2.75rem';

export const theme = createTheme({
  primaryColor: 'pine',
  primaryShade: { light: 8, dark: 8 },
  autoContrast: true,
  colors: { pine, gray, dark },
  black: '#171b1f',
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace",
  headings: { fontFamily: "'Inter Variable', system-ui, sans-serif", fontWeight: '620' },
  defaultRadius: 'md',
  respectReducedMotion: true,
  cursorType: 'pointer',
  // By name, not by `Badge.extend`: the theme is in the first load, and not every part has to be.
  components: {
    Anchor: { defaultProps: { underline: 'always', inherit: true } },
    Badge: { defaultProps: { variant: 'light', radius: 'sm', tt: 'none', fw: 500 } },
    Button: { defaultProps: { size: 'md', fw: 550 }, vars: () => ({ root: { '--button-height': TARGET } }) },
    Input: { defaultProps: { size: 'md' }, vars: () => ({ wrapper: { '--input-height': TARGET } }) },
    Skeleton: { defaultProps: { radius: 'sm' } },
    TextInput: { defaultProps: { size: 'md' } },
  },
});

/** What Mantine's own greys leave too faint. `page` lies behind cards, `surface` is a card. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#f6f7f7',
    '--mantine-color-dimmed': gray[6],
    '--mantine-color-error': '#b3261e',
    '--mantine-color-anchor': pine[8],
    '--surface': '#ffffff',
    '--hairline': '#e3e6e7',
    '--accent-text': pine[8],
    '--track': '#e5e7e8',
    '--track-faint': '#f4f5f6',
    '--mantine-color-pine-light-color': pine[8],
    '--mantine-color-pine-light-hover': '#ecf5f3',
    '--mantine-color-gray-light-hover': '#f0f1f2',
    '--meter-low': '#c4372d',
    '--meter-middle': '#b87a0b',
    '--meter-high': pine[7],
  },
  dark: {
    '--mantine-color-body': '#101315',
    '--mantine-color-dimmed': dark[2],
    '--mantine-color-error': '#ff8a80',
    '--mantine-color-anchor': pine[3],
    '--surface': '#171b1e',
    '--hairline': '#2a3034',
    '--accent-text': pine[3],
    '--track': '#2f3539',
    '--track-faint': '#1d2225',
    '--mantine-color-pine-light-color': pine[3],
    '--mantine-color-pine-light-hover': '#1d2a29',
    '--mantine-color-gray-light-hover': '#23292c',
    '--meter-low': '#f0736a',
    '--meter-middle': '#dba23a',
    '--meter-high': pine[4],
  },
});
