// Who may import whom: the table in CONTRIBUTING.md, as rules. `scripts/import-rules.test.ts` proves that each of them
// finds what it forbids, and that the TypeScript files are read at all (with TypeScript 7 as `typescript`,
// dependency-cruiser reads none and reports success).

const test = '\\.test\\.tsx?$|^(src|web)/testing/';

/**
 * Files of ours under `from` may import only files of ours under `allowed`, their packages, and what node has.
 * @param {string} name
 * @param {string} comment
 * @param {string} from
 * @param {readonly string[]} allowed
 */
function only(name, comment, from, allowed) {
  return {
    name,
    comment,
    severity: 'error',
    from: { path: from, pathNot: test },
    to: { path: '^(src|web|scripts|e2e|bench)/', pathNot: allowed },
  };
}

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circle',
      comment: 'No file may come back to itself, also not by a type.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'What is imported exists; a package is in package.json.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-development-package-in-the-server',
      comment: 'The server runs without the development packages.',
      severity: 'error',
      from: { path: '^src/', pathNot: test },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: '^node_modules/@types/' },
    },
    {
      name: 'not-to-tests',
      comment: 'Only tests know tests and what helps them.',
      severity: 'error',
      from: { pathNot: test },
      to: { path: test },
    },

    only('launch', 'The launcher knows the two entry points.', '^src/launch\\.js$', ['^src/(main|cli/index)\\.ts$']),
    only(
      'process',
      'The server’s process and the operator’s command know the composition root, and what they look at before there is one.',
      '^src/(main\\.ts$|cli/)',
      ['^src/(cli|composition|config|contract)/', '^src/database/open\\.ts$', '^src/(log|redis)\\.ts$'],
    ),
    only('composition', 'The composition root knows everything below it.', '^src/composition/', [
      '^src/(composition|config|contract|database|features|http|security)/',
      '^src/(log|redis)\\.ts$',
    ]),

    only(
      'features',
      'A feature knows the contract, the database, Redis, the primitives, and of http what it is asked by and answers with.',
      '^src/features/',
      [
        '^src/(features|contract|database|security)/',
        '^src/http/(route|credential|principal|client-address|context|quota|request-observer)\\.ts$',
        '^src/redis\\.ts$',
      ],
    ),
    {
      name: 'features-by-their-face',
      comment: 'Of another feature only its index.',
      severity: 'error',
      from: { path: '^src/features/([^/]+)/', pathNot: test },
      to: { path: '^src/features/', pathNot: ['^src/features/$1/', '^src/features/([^/]+/index|feature)\\.ts$'] },
    },
    {
      name: 'features-by-type-only',
      comment: 'Values cross features only in the composition root: another feature gives types, by `import type`.',
      severity: 'error',
      from: { path: '^src/features/([^/]+)/', pathNot: test },
      to: { path: '^src/features/', pathNot: '^src/features/$1/', dependencyTypesNot: ['type-only'] },
    },

    only('http', 'What every request passes knows no feature and no database.', '^src/http/', [
      '^src/(http|contract|security)/',
      '^src/log\\.ts$',
    ]),
    only('contract', 'What server and web agree on stands on three rules that both apply.', '^src/contract/', [
      '^src/contract/',
      '^src/security/(username|email-address|password-limits)\\.ts$',
    ]),
    {
      name: 'contract-runs-in-a-browser',
      comment: 'The contract and the rules it stands on know zod, and neither node nor express.',
      severity: 'error',
      from: { path: '^src/(contract/|security/(username|email-address|password-limits)\\.ts$)', pathNot: test },
      to: { pathNot: '^(src|web)/|^node_modules/(zod|zod-openapi)/', dependencyTypesNot: ['unknown'] },
    },

    only('security', 'Pure primitives know nothing of ours.', '^src/security/', ['^src/security/']),
    only('database', 'The database knows itself and the logger.', '^src/database/', [
      '^src/database/',
      '^src/log\\.ts$',
    ]),
    only(
      'config',
      'The configuration knows itself, the names of the quota policies, and the rules of single values.',
      '^src/config/',
      ['^src/(config|security)/', '^src/contract/quota\\.ts$'],
    ),
    only('log', 'The logger knows nothing of ours.', '^src/log\\.ts$', []),
    only('redis', 'The Redis connection knows the logger.', '^src/redis\\.ts$', ['^src/log\\.ts$']),

    only('web-main', 'The entry of the pages knows the app and the styles.', '^web/[^/]+\\.tsx?$', [
      '^web/(app|styles|texts)/',
      '^src/contract/', // the Vite configuration makes the list of calls from it
    ]),
    only('web-app', 'The app knows the features and what is below them.', '^web/app/', [
      '^web/(app|features|forms|api|ui|texts|styles)/',
      '^src/contract/',
    ]),
    only(
      'web-features',
      'A feature of the web knows forms, transport, the parts of pages and texts.',
      '^web/features/',
      ['^web/(features|forms|api|ui|texts|styles)/', '^src/contract/'],
    ),
    {
      name: 'web-features-not-sideways',
      comment: 'No feature of the web knows another.',
      severity: 'error',
      from: { path: '^web/features/([^/]+)/', pathNot: test },
      to: { path: '^web/features/', pathNot: '^web/features/$1/' },
    },
    only(
      'web-forms',
      'What several features need of the contract knows no feature, and counts passwords as the server does.',
      '^web/forms/',
      ['^web/(forms|api|ui|texts)/', '^src/contract/', '^src/security/password-limits\\.ts$'],
    ),
    only('web-api', 'The transport knows the contract.', '^web/api/', ['^web/api/', '^src/contract/']),
    only('web-ui', 'The parts of pages know no feature, call no server, and are given their texts.', '^web/ui/', [
      '^web/ui/',
    ]),
    only('web-texts', 'The texts know nothing of ours: mails will take theirs from here too.', '^web/texts/', [
      '^web/texts/',
    ]),
    {
      name: 'web-texts-run-anywhere',
      comment: 'Texts are made without React, and without any other package: only the hook for pages knows it.',
      severity: 'error',
      from: { path: '^web/texts/', pathNot: [test, '^web/texts/use-texts\\.ts$'] },
      to: { path: 'node_modules/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^web/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.d.ts'],
    },
  },
};
