// Plain JavaScript without a static import: an older Node can read it and say what is missing. It cannot read a .ts
// file, and better-sqlite3 crashes it without a word.

const neededMajor = 24;

async function launch() {
  const { existsSync } = await import('node:fs');
  const { availableParallelism } = await import('node:os');
  try {
    if (existsSync('.env')) process.loadEnvFile('.env'); // what the shell set wins
  } catch (error) {
    console.error(`gatehouse: the file .env cannot be read (${error.code}); make it readable, or take it away`);
    process.exitCode = 78;
    return;
  }

  // libuv reads this when the pool does its first work, so it must be set before anything reads a file or hashes.
  // Password hashing takes one thread a core; two stay free for files and name look-ups.
  process.env.UV_THREADPOOL_SIZE ||= String(Math.max(4, availableParallelism() + 2));

  if (process.argv[2] === 'cli') {
    process.argv.splice(2, 1);
    await import('./cli/index.ts');
  } else {
    await import('./main.ts');
  }
}

if (Number.parseInt(process.versions.node, 10) < neededMajor) {
  console.error(
    `gatehouse: Node ${neededMajor} or newer is needed, this is ${process.version}; "npm start" and "npm run" bring their own`,
  );
  process.exitCode = 78;
} else {
  void launch(); // what it throws ends the process, with its trace
}
