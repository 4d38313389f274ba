import type { KyselyPlugin } from 'kysely';

const writes = new Set(['InsertQueryNode', 'UpdateQueryNode', 'DeleteQueryNode', 'MergeQueryNode']);

/** Makes `database.read` refuse to write, alike on both databases: every write goes through `transaction()`. */
export const refuseWrites: KyselyPlugin = {
  transformQuery({ node }) {
    if (writes.has(node.kind)) throw new Error('this handle only reads; write inside transaction()');
    return node;
  },
  transformResult: async ({ result }) => result,
};
