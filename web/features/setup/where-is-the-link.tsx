import classes from './where-is-the-link.module.css';

/** For whoever comes without a usable link. */
export function WhereIsTheLink({ isSetUp }: { isSetUp: boolean }) {
  if (isSetUp)
    return (
      <p className={classes.recover}>
        This installation has its administrator already. Whoever lost access to it can make a new link on the server
        with <code>npm run cli -- admin recover</code>, in containers{' '}
        <code>docker compose exec backend gatehouse admin recover</code>.
      </p>
    );
  return (
    <div className={classes.help}>
      <p>To make the first administrator, open the set-up link. It works once, for 30 minutes.</p>
      <dl>
        <dt>Where it is</dt>
        <dd>
          The server prints it when it starts, and writes it to the file <code>setup-link</code> in its data folder. A
          deploy prints it when it migrates.
        </dd>
        <dt>How to get another</dt>
        <dd>
          On the server, run <code>npm run cli -- admin setup</code>, in containers{' '}
          <code>docker compose exec backend gatehouse admin setup</code>. Earlier links stop working.
        </dd>
      </dl>
    </div>
  );
}
