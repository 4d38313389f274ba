// What a body and an answer can be. A bare schema is JSON; everything else says what it is.
import type { $ZodType, input, output } from 'zod/v4/core';

/** IN-02: what a JSON body or a form may hold where its endpoint says nothing else, in bytes. */
export const BODY_BYTES = 16 * 1024;

/** IN-02: the most that any endpoint may allow for a JSON body or a form. */
const MOST_BODY_BYTES = 100 * 1024;

export interface JsonBody<S extends $ZodType = $ZodType> {
  readonly kind: 'json';
  readonly schema: S;
  readonly maxBytes: number;
}

/** `application/x-www-form-urlencoded`: each name once. */
export interface FormBody<S extends $ZodType = $ZodType> {
  readonly kind: 'form';
  readonly schema: S;
  readonly maxBytes: number;
}

/** `multipart/form-data`: first the fields, then the files, which the handler reads as they arrive. */
export interface MultipartBody<S extends $ZodType = $ZodType, Name extends string = string> {
  readonly kind: 'multipart';
  /** All fields together, checked before the first file is handed on. */
  readonly fields: S;
  /** The names that files may come under. */
  readonly files: readonly Name[];
  readonly maxFiles: number;
  /** Of one file. */
  readonly maxFileBytes: number;
}

export type BodyShape = $ZodType | JsonBody | FormBody | MultipartBody;

function assertBodyBytes(maxBytes: number): void {
  if (maxBytes > MOST_BODY_BYTES) throw new Error(`a body may hold ${MOST_BODY_BYTES} bytes at most`);
}

/** JSON with a limit of its own. */
export function json<S extends $ZodType>(schema: S, { maxBytes }: { maxBytes: number }): JsonBody<S> {
  assertBodyBytes(maxBytes);
  return { kind: 'json', schema, maxBytes };
}

export function form<S extends $ZodType>(schema: S, { maxBytes = BODY_BYTES } = {}): FormBody<S> {
  assertBodyBytes(maxBytes);
  return { kind: 'form', schema, maxBytes };
}

export function multipart<S extends $ZodType, const Name extends string>(
  shape: Omit<MultipartBody<S, Name>, 'kind'>,
): MultipartBody<S, Name> {
  return { kind: 'multipart', ...shape };
}

/** As every body is treated: a bare schema is JSON of the usual size. */
export function bodyOf(shape: BodyShape): JsonBody | FormBody | MultipartBody {
  return 'kind' in shape ? shape : { kind: 'json', schema: shape, maxBytes: BODY_BYTES };
}

/** A file on its way. It has to be read, or given up, before the next one comes. */
export interface IncomingFile<Name extends string = string> {
  readonly name: Name;
  /** As the client calls it: to be shown, never to be used as a path. */
  readonly filename: string;
  /** As the client says: a claim about the bytes. */
  readonly contentType: string;
  /** Ends with a Problem `content-too-large` past the limit, and `malformed-request` where the client broke off. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

export interface IncomingMultipart<Fields, Name extends string = string> {
  readonly fields: Fields;
  readonly files: AsyncIterable<IncomingFile<Name>>;
}

/** What a handler is given. */
export type ParsedBody<B> = B extends $ZodType
  ? output<B>
  : B extends { readonly kind: 'json' | 'form'; readonly schema: infer S extends $ZodType }
    ? output<S>
    : B extends MultipartBody<infer S, infer Name>
      ? IncomingMultipart<output<S>, Name>
      : undefined;

/** What a caller gives: files are the browser's own. */
export type SentBody<B> = B extends $ZodType
  ? input<B>
  : B extends { readonly kind: 'json' | 'form'; readonly schema: infer S extends $ZodType }
    ? input<S>
    : B extends MultipartBody<infer S, infer Name>
      ? { readonly fields: input<S>; readonly files: readonly { readonly name: Name; readonly file: File }[] }
      : undefined;

/** Bytes of one of the media types. */
export interface BytesShape<Type extends string = string> {
  readonly kind: 'bytes';
  readonly types: readonly Type[];
}

export function bytes<const Type extends string>(...types: Type[]): BytesShape<Type> {
  return { kind: 'bytes', types };
}

/**
 * A JSON answer's schema, `empty` for a status without a body, a media type whose text is sent as it is, `redirect` for a status that
 * leads elsewhere, or bytes.
 */
export type AnswerShape = $ZodType | 'empty' | 'redirect' | `text/${string}` | BytesShape;

/** A file on its way out. */
export interface OutgoingBytes<Type extends string = string> {
  readonly contentType: Type;
  readonly bytes: Uint8Array | AsyncIterable<Uint8Array>;
  /** Where it is known, the client is told, and a broken transfer is noticed. */
  readonly length?: number;
}

/** What a handler answers with. A redirect's is its target: a path of this site, or a whole URL. */
export type AnsweredBody<S> = S extends $ZodType
  ? input<S>
  : S extends 'empty'
    ? undefined
    : S extends BytesShape<infer Type>
      ? OutgoingBytes<Type>
      : string;

/** What a caller receives. Nobody receives a redirect: the browser follows it. */
export type ReceivedBody<S> = S extends $ZodType
  ? output<S>
  : S extends 'empty'
    ? undefined
    : S extends BytesShape
      ? Blob
      : S extends 'redirect'
        ? never
        : string;
