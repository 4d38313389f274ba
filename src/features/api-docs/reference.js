// Runs in the browser. Where the document needs a signed-in user, it borrows an access token from this browser's session.
const target = document.getElementById('reference');

async function accessToken() {
  const renew = async () => {
    const response = await fetch('/api/auth/refresh', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{}',
    });
    return response.ok ? (await response.json()).accessToken : undefined;
  };
  // The same lock as the app's: two tabs must not rotate one token at once.
  return navigator.locks === undefined ? renew() : navigator.locks.request('gatehouse-refresh', renew);
}

async function loadDocument() {
  const open = await fetch('/api/openapi.json');
  if (open.status !== 401) return open;
  const token = await accessToken();
  return token === undefined ? open : fetch('/api/openapi.json', { headers: { Authorization: `Bearer ${token}` } });
}

function say(text) {
  const paragraph = document.createElement('p');
  paragraph.textContent = text;
  target.replaceChildren(paragraph);
}

try {
  const response = await loadDocument();
  if (response.ok) {
    const spec = await response.json();
    globalThis.SwaggerUIBundle({ spec, domNode: target, deepLinking: true, defaultModelsExpandDepth: 0 });
  } else {
    say(
      response.status === 401
        ? 'Sign in to Gatehouse in this browser, then load this page again.'
        : `The server answered ${response.status}.`,
    );
  }
} catch {
  say('The server cannot be reached. Load this page again in a moment.');
}
