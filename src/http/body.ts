// Reads and checks the body that an endpoint declares. Runs after the gate: a stranger's body is not read.
import type { IncomingMessage } from 'node:http';
import { bodyOf } from '#contract/shapes.ts';
import type { BodyShape } from '#contract/shapes.ts';
import { readFormBody } from './form-body.ts';
import { readJsonBody } from './json-body.ts';
import { readMultipartBody } from './multipart-body.ts';
import { assertInput } from './validate.ts';

interface ReadBody {
  value: unknown;
  /** To be called once the handler is done, however it ended: what is left of a stream has to go. */
  stop?: () => void;
}

/** @throws Problem `unsupported-media-type`, `content-too-large`, `malformed-request`, `invalid-input` */
export async function readBody(request: IncomingMessage, shape: BodyShape): Promise<ReadBody> {
  const body = bodyOf(shape);
  if (body.kind === 'json')
    return { value: assertInput(body.schema, 'body', await readJsonBody(request, body.maxBytes)) };
  if (body.kind === 'form')
    return { value: assertInput(body.schema, 'body', await readFormBody(request, body.maxBytes)) };
  const { body: sent, stop } = await readMultipartBody(request, body);
  try {
    return { value: { fields: assertInput(body.fields, 'body', sent.fields), files: sent.files }, stop };
  } catch (error) {
    stop();
    throw error;
  }
}
