import type { PolicyKind } from '../kind.ts';
import { CustomPolicy, type CustomProgram } from './custom.ts';

/** The name under which a configuration asks for a visitor's own policy. */
export const customPolicyId = 'custom';

/**
 * A visitor's own policy. The one kind whose settings hold functions: a configuration with it never leaves the place
 * where the policy runs. It is registered there only (`registerPolicy`).
 */
export const customKind: PolicyKind<{ readonly program: CustomProgram | null }> = {
  id: customPolicyId,
  defaults: { program: null },
  createPolicy: (context, { program }) => {
    if (program === null) throw new Error('a policy of one’s own needs its program');
    return new CustomPolicy(context, program);
  },
};
