/** Texts of the panel of memory over time. */
export const memory = {
  en: {
    'memory.title': 'Memory over time',
    'memory.label': 'What the KV memory serves over simulated time: useful, lost to fragmentation, cached, free',
    'memory.empty': 'No run yet',
    'memory.top': '{share}, {bytes}',
    'memory.whole': 'Over the whole run: {parts}.',
    'memory.at': 'At {time}: {parts}.',
    'memory.ended': 'At {time}: B had ended at {end}.',
    'memory.part': '{name} {share}',
    'memory.facts': 'used {used} of the run’s memory, useful {useful}',
  },
  zh: {
    'memory.title': '显存随时间',
    'memory.label': '模拟时间上 KV 显存的用途：有用、碎片损失、缓存、空闲',
    'memory.empty': '还没有运行',
    'memory.top': '{share}，{bytes}',
    'memory.whole': '整个运行：{parts}。',
    'memory.at': '{time}：{parts}。',
    'memory.ended': '{time}：B 已在 {end} 结束。',
    'memory.part': '{name} {share}',
    'memory.facts': '平均占用 {used}，有用 {useful}',
  },
} as const;
