/** Sentences for bad input, one a `ProblemCode`. Placeholders are the fields of a `Problem`, see `problemValues`. */
export const problems = {
  en: {
    'problem.unknown-key': '“{field}” is not known to this version; it is kept and has no effect.',
    'problem.invalid-value': '{field}: “{found}” is not possible; expected {expected}.',
    'problem.missing-field': '{field} is missing; expected {expected}.',
    'problem.assumed': '{field} is not given.',
    'problem.not-modelled': '{field}: “{found}” is not modelled and has no effect.',
    'problem.out-of-range': '{field}: {found} is out of range; expected {expected}.',
    'problem.truncated-link': 'The link seems to be cut off at “{field}”.',
    'problem.newer-version': 'Made with a newer version ({found}); what this version does not know is left out.',
    'problem.empty-file': 'The file is empty.',
    'problem.wrong-columns': 'The columns do not fit: found {found}; expected {expected}.',
    'problem.unknown-format': 'This is no format that can be read; expected {expected}.',
    'problem.bad-line': '{field}: “{found}” cannot be read; expected {expected}.',
    'problem.not-sorted': 'Requests are not in order of arrival; they were sorted.',
    'problem.no-rows': 'No request could be read.',
    'problem.no-memory-for-kv':
      'No memory is left for keys and values: {found} left; at least {expected} needed. Change {field}, or choose a smaller model.',
    'problem.budget-is-fixed':
      'The token budget of this engine is fixed while it runs, so that a bandit cannot choose it; {field} can be {expected}.',
    'problem.model-does-not-fit': 'The weights do not fit: {found} needed; {expected} allowed on this GPU.',
    'problem.trace-missing': 'No trace is loaded. Open a trace file, or choose another workload.',
    'problem.gpu-not-measured': 'This computer’s GPU has not been measured yet. Measure it, or choose another GPU.',
    'problem.host-link-unknown':
      '{field}: how fast {found} copies to its host is not known. Set it to 0, or choose another GPU.',
    'problem.fingerprint-differs': 'Results differ from those of the sender: {found} here, {expected} there.',
    'problem.knob-locked': '{field} is locked by this lecture; it stays as it is.',
    'problem.internal': 'Something in the program went wrong: {found}',
    'problem.used': 'Used instead: {used}.',
    'problem.where': '{where}',
    'problem.where-line': '{where}, line {line}',
  },
} as const;
