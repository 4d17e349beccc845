/** What the contract's types have for members, read from the text that people read too. */

export interface Member {
  readonly name: string;
  /** Its type, or its parameters and type. */
  readonly detail: string;
  readonly isMethod: boolean;
  /** What the comment above it says; '' without one. */
  readonly about: string;
}

/** Members by name of the interface. */
export function membersOf(contract: string): ReadonlyMap<string, readonly Member[]> {
  const found = new Map<string, readonly Member[]>();
  for (const [, name, body] of contract.matchAll(/^export interface (\w+) \{\n([\s\S]*?)^\}/gm)) {
    const members: Member[] = [];
    for (const [, comment = '', member, parameters, type] of body.matchAll(
      /(?:\/\*\*([\s\S]*?)\*\/\s*)?(?:readonly )?(\w+)\??(\([^)]*\))?: ([^;]+);/g,
    )) {
      const about = comment.replace(/\s*\n\s*\*?\s*/g, ' ').trim();
      members.push({ name: member, detail: `${parameters ?? ''}: ${type}`, isMethod: parameters !== undefined, about });
    }
    found.set(name, members);
  }
  return found;
}

/** The interface that a name in a policy most likely stands for; null where we cannot tell. */
export function interfaceOf(name: string): string | null {
  if (name === 'view') return 'View';
  if (name === 'memory') return 'Memory';
  if (name === 'gpu') return 'Gpu';
  if (name === 'queue' || name === 'running') return 'list';
  // What has a capital is a class or a constant; anything else is most likely one of the requests.
  return /^[a-z_$]/.test(name) ? 'Request' : null;
}
