import { useTexts } from '../../texts/use-texts.ts';
import { Sentence } from '../../ui/sentence.tsx';
import classes from './where-is-the-link.module.css';

type Act = 'setup' | 'recover';

// The operator's command, as it is called on the server itself and in a container.
const Command = ({ act }: { act: Act }) => <code>npm run cli -- admin {act}</code>;
const CommandInContainers = ({ act }: { act: Act }) => <code>docker compose exec backend gatehouse admin {act}</code>;

/** For whoever comes without a usable link. */
export function WhereIsTheLink({ isSetUp }: { isSetUp: boolean }) {
  const { setUp: texts } = useTexts();
  if (isSetUp)
    return (
      <p className={classes.recover}>
        <Sentence>{texts.alreadySetUp(<Command act="recover" />, <CommandInContainers act="recover" />)}</Sentence>
      </p>
    );
  return (
    <div className={classes.help}>
      <p>{texts.openTheLink}</p>
      <dl>
        <dt>{texts.whereTitle}</dt>
        <dd>
          <Sentence>{texts.where(<code>setup-link</code>)}</Sentence>
        </dd>
        <dt>{texts.anotherTitle}</dt>
        <dd>
          <Sentence>{texts.another(<Command act="setup" />, <CommandInContainers act="setup" />)}</Sentence>
        </dd>
      </dl>
    </div>
  );
}
