import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { contractText } from '../../sandbox/contract-text.ts';
import { interfaceOf, type Member, membersOf } from './members.ts';

const members = membersOf(contractText);

function completionOf({ name, detail, isMethod, about }: Member): Completion {
  return { label: name, detail, type: isMethod ? 'method' : 'property', ...(about === '' ? {} : { info: about }) };
}

const options = new Map<string, readonly Completion[]>(
  [...members].map(([name, list]) => [name, list.map(completionOf)]),
);
const ofList = ['length', 'at', 'every', 'filter', 'find', 'map', 'reduce', 'slice', 'some', 'toSorted'];
options.set(
  'list',
  ofList.map((label) => ({ label, type: label === 'length' ? 'property' : 'method' })),
);

const words: readonly Completion[] = options.get('View') ?? [];

/** Fields of the view after a point, by what the name before it most likely is; names of the view elsewhere. */
export function completeFromContract(context: CompletionContext): CompletionResult | null {
  const member = context.matchBefore(/[\w$]+(?:\])?\s*\??\.[\w$]*/);
  if (member !== null) {
    const name = /^[\w$]+/.exec(member.text)?.[0] ?? '';
    const kind = interfaceOf(name);
    const found = kind === null ? undefined : options.get(kind);
    const from = member.from + member.text.lastIndexOf('.') + 1;
    return found === undefined ? null : { from, options: found, validFor: /^[\w$]*$/ };
  }
  const word = context.matchBefore(/[A-Za-z_$][\w$]*/);
  if (word === null && !context.explicit) return null;
  return { from: word?.from ?? context.pos, options: words, validFor: /^[\w$]*$/ };
}
