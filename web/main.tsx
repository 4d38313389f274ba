import './styles/index.ts';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';
import { openTexts } from './texts/open-texts.ts';

async function start(): Promise<void> {
  const root = document.getElementById('root');
  if (root === null) throw new Error('index.html has no element with the id "root"');
  const { language, texts } = await openTexts(navigator.languages);
  document.documentElement.lang = language.tag;
  document.documentElement.dir = language.direction;
  createRoot(root).render(<App texts={texts} />);
}

// Not awaited: the file of a language imports this one, and would wait for it for ever.
void start();
