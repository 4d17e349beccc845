/** Texts of what the colours of KV blocks say. */
export const kvColours = {
  en: {
    'kv.colour': 'What the colour of a block says',
    'kv.colour.phase': 'by phase',
    'kv.colour.request': 'by request',
    'kv.colour.sharing': 'by sharing',
    'kv.colour.age': 'by age',
    'kv.sharing.none': 'in no table',
    'kv.sharing.more': '{count} tables or more',
    'kv.age.held': 'in use',
    'kv.age.next': 'cached, evicted next',
    'kv.age.last': 'cached, evicted last',
    'kv.age.none': 'cached, in no order',
  },
  zh: {
    'kv.colour': '块的颜色表示什么',
    'kv.colour.phase': '按阶段',
    'kv.colour.request': '按请求',
    'kv.colour.sharing': '按共享',
    'kv.colour.age': '按新旧',
    'kv.sharing.none': '不在任何块表中',
    'kv.sharing.more': '{count} 个或更多块表',
    'kv.age.held': '使用中',
    'kv.age.next': '已缓存，下一个被驱逐',
    'kv.age.last': '已缓存，最后被驱逐',
    'kv.age.none': '已缓存，无固定次序',
  },
} as const;
