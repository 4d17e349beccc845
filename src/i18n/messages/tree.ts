/** Texts of the prefix tree. */
export const tree = {
  en: {
    'tree.label': 'Cached prefixes as a tree: tokens to the right, branches downwards',
    'tree.empty': 'Nothing is cached that another prompt could find',
    'tree.none': 'This memory has no prefix cache',
    'tree.tokens': '{tokens} tokens',
    'tree.bar': '{tokens}, {use}',
    'tree.users.one': 'held by 1 request',
    'tree.users.other': 'held by {count} requests',
    'tree.evictable': 'held by nobody',
    'tree.next': 'held by nobody, the next to be evicted',
    'tree.lost': 'lost, so that what follows cannot be found',
    'tree.more': '{branches} more branches',
    'tree.facts':
      '{branches} branches; tokens shared {shared}, held once {held}, held by nobody {evictable}; {privately} that only their own request could find',
  },
  zh: {
    'tree.label': '以树表示的缓存前缀：向右是 token，向下是分支',
    'tree.empty': '没有其他提示能命中的缓存内容',
    'tree.none': '这种显存管理没有前缀缓存',
    'tree.tokens': '{tokens} 个 token',
    'tree.bar': '{tokens}，{use}',
    'tree.users.one': '1 个请求占用',
    'tree.users.other': '{count} 个请求占用',
    'tree.evictable': '无人占用',
    'tree.next': '无人占用，下一个被驱逐',
    'tree.lost': '已丢失，其后的内容无法命中',
    'tree.more': '另外 {branches} 个分支',
    'tree.facts':
      '{branches} 个分支；token：共享 {shared}，单独占用 {held}，无人占用 {evictable}；另有 {privately} 个只有原请求能命中',
  },
} as const;
