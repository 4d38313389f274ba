// How many bcrypt comparisons this machine does in a second, with nothing around them. Prints the rate.
import bcrypt from 'bcrypt';

const [cost = 12, parallel = 2, seconds = 5] = process.argv.slice(2).map(Number);
const hash = await bcrypt.hash('the password of the bench', cost);
const until = performance.now() + seconds * 1000;
const startedAt = performance.now();
let done = 0;

async function compareUntilTheEnd(): Promise<void> {
  while (performance.now() < until) {
    await bcrypt.compare('not the password of the bench', hash);
    done += 1;
  }
}

await Promise.all(Array.from({ length: parallel }, compareUntilTheEnd));
process.stdout.write(String((done * 1000) / (performance.now() - startedAt)));
