// Exit code 0 where the server in this container answers the path with 200. The image has no curl.
const [path = '/readyz'] = process.argv.slice(2);

try {
  const { ok } = await fetch(`http://127.0.0.1:${process.env['PORT'] ?? 3000}${path}`, {
    signal: AbortSignal.timeout(4_000),
  });
  process.exitCode = ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
