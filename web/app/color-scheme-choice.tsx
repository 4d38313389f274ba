import { useMantineColorScheme } from '@mantine/core';
import type { MantineColorScheme } from '@mantine/core';
import { IconDeviceDesktop, IconMoon, IconSun } from '@tabler/icons-react';
import { useTexts } from '../texts/use-texts.ts';
import classes from './color-scheme-choice.module.css';

const choices: readonly { value: MantineColorScheme; Icon: typeof IconSun }[] = [
  { value: 'light', Icon: IconSun },
  { value: 'dark', Icon: IconMoon },
  { value: 'auto', Icon: IconDeviceDesktop },
];

export function ColorSchemeChoice() {
  const { appearance, colorSchemes } = useTexts().frame;
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <fieldset className={classes.choice}>
      <legend>{appearance}</legend>
      {choices.map(({ value, Icon }) => (
        <label key={value}>
          <input
            type="radio"
            name="color-scheme"
            value={value}
            checked={colorScheme === value}
            onChange={() => setColorScheme(value)}
          />
          <Icon size={18} stroke={1.6} aria-hidden="true" />
          {colorSchemes[value]}
        </label>
      ))}
    </fieldset>
  );
}
