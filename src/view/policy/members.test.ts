import { describe, expect, it } from 'vitest';
import { contractText, declarationFile } from '../../sandbox/contract-text.ts';
import { interfaceOf, membersOf } from './members.ts';

const members = membersOf(contractText);
const namesOf = (name: string) => members.get(name)?.map((member) => member.name);

describe('members of the contract', () => {
  it('are all that the text has', () => {
    expect([...members.keys()]).toEqual(['View', 'Request', 'Memory', 'Gpu', 'Entry', 'Decision']);
    expect(namesOf('View')).toEqual(['step', 'nowUs', 'queue', 'running', 'memory', 'gpu']);
    expect(namesOf('Memory')).toEqual(['blockSize', 'totalBlocks', 'freeBlocks']);
    expect(namesOf('Gpu')).toEqual(['tokenBudget', 'seats', 'freeSeats', 'stepUs']);
    expect(namesOf('Decision')).toEqual(['run', 'preempt', 'wakeUs']);
    // One a line that declares something.
    const declared = contractText.split('\n').filter((line) => /^ {2}(readonly )?\w+\??(\(.*\))?: /.test(line));
    expect([...members.values()].flat()).toHaveLength(declared.length);
  });

  it('come with their type and what is said of them', () => {
    const left = members.get('Request')?.find(({ name }) => name === 'left');
    expect(left).toMatchObject({
      detail: ': number',
      isMethod: false,
      about: expect.stringMatching(/^Tokens it has still/),
    });
    expect(left?.about).not.toMatch(/[*\n]/);
    const blocksFor = members.get('Request')?.find(({ name }) => name === 'blocksFor');
    expect(blocksFor).toMatchObject({ detail: '(tokens: number): number', isMethod: true });
  });

  it.each([
    ['view', 'View'],
    ['memory', 'Memory'],
    ['gpu', 'Gpu'],
    ['queue', 'list'],
    ['request', 'Request'],
    ['r', 'Request'],
    ['Math', null],
  ])('%s is a %s', (name, kind) => {
    expect(interfaceOf(name)).toBe(kind);
  });
});

describe('the types as a file', () => {
  it('declare the module that policies import from', () => {
    expect(declarationFile).toMatch(/^declare module 'tokenyard' \{\n {2}\/\*\*/);
    expect(declarationFile.trimEnd().endsWith('\n}')).toBe(true);
    for (const name of members.keys()) expect(declarationFile).toContain(`  export interface ${name} {\n`);
  });
});
