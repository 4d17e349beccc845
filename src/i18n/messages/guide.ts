/** Texts of the first minute: what there is to see, one thing to try, what came of it. */
export const guide = {
  en: {
    'guide.see': 'One prompt of {tokens} tokens fills a whole step: every running answer stands still for {pause}.',
    'guide.play': 'Press play to watch.',
    'guide.try': 'Try a token budget of {value}',
    'guide.outcome':
      'Longest wait between two tokens: {before} → {after} ({change}). The long prompt’s first token: {firstBefore} → {firstAfter}.',
    'guide.back': 'Back to {value}',
    'guide.more': 'More phenomena',
  },
  zh: {
    'guide.see': '一个 {tokens} token 的提示占满一整步，所有正在生成的回答都停顿 {pause}。',
    'guide.play': '点击播放观看。',
    'guide.try': '试试把 token 预算设为 {value}',
    'guide.outcome':
      'token 间最长等待：{before} → {after}（{change}）；长提示的首 token 延迟：{firstBefore} → {firstAfter}。',
    'guide.back': '恢复为 {value}',
    'guide.more': '更多现象',
  },
} as const;
